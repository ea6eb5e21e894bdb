/**
 * What follows from known sums by adding and subtracting them: exact linear algebra over a large prime. A sum of
 * unknowns is determined if and only if it is a combination of the known ones; whole numbers as small as these give
 * the same answer over the prime as over the fractions, except with negligible probability.
 */

/** Below 2^22: a product is below 2^44, so that 2^9 of them are added up exactly before anything is divided. */
const prime = 4_194_301;
const maxUnknowns = 2 ** 9;

function inverse(value: number): number {
  let [result, base] = [1, value];
  for (let exponent = prime - 2; exponent > 0; exponent = Math.floor(exponent / 2)) {
    if (exponent % 2 === 1) result = (result * base) % prime;
    base = (base * base) % prime;
  }
  return result;
}

/** Sums over the unknowns 0 … `unknowns` - 1. */
export class KnownSums {
  /** In echelon form: by the first unknown of each, whose coefficient is 1. */
  private readonly rows = new Map<number, Float64Array>();

  constructor(private readonly unknowns: number) {
    if (unknowns > maxUnknowns) throw new RangeError(`${unknowns} unknowns are too many.`);
  }

  /** Adds a known sum; returns whether it is new information. */
  add(unknowns: Iterable<number>): boolean {
    const row = this.reduced(unknowns);
    const pivot = row.findIndex((factor) => factor !== 0);
    if (pivot < 0) return false;
    const factor = inverse(row[pivot] ?? 1);
    for (let at = pivot; at < row.length; at++) row[at] = ((row[at] as number) * factor) % prime;
    this.rows.set(pivot, row);
    return true;
  }

  /** Whether the sum of these unknowns follows from the known ones. */
  determines(unknowns: Iterable<number>): boolean {
    return this.reduced(unknowns).every((factor) => factor === 0);
  }

  get rank(): number {
    return this.rows.size;
  }

  private reduced(unknowns: Iterable<number>): Float64Array {
    const row = new Float64Array(this.unknowns);
    for (const unknown of unknowns) row[unknown] = (row[unknown] as number) + 1;
    for (let at = 0; at < row.length; at++) {
      const factor = (row[at] as number) % prime;
      row[at] = factor;
      const known = factor === 0 ? undefined : this.rows.get(at);
      if (known === undefined) continue;
      for (let column = at; column < row.length; column++) {
        row[column] = (row[column] as number) + (prime - factor) * (known[column] as number);
      }
      row[at] = 0;
    }
    return row;
  }
}
