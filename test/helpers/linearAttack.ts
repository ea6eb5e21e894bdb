/**
 * What follows from known sums by adding and subtracting them: exact linear algebra over a large prime. A sum of
 * unknowns is determined if and only if it is a combination of the known ones; whole numbers as small as these give
 * the same answer over the prime as over the fractions, but for a chance that is next to nothing.
 */

const prime = 2_147_483_629;

const times = (a: number, b: number): number => {
  // 31 by 31 bits in two steps, so that nothing passes 2^53.
  const high = Math.floor(a / 65_536);
  const low = a % 65_536;
  return (((((high * b) % prime) * 65_536) % prime) + low * b) % prime;
};

function inverse(value: number): number {
  let [result, base] = [1, value];
  for (let exponent = prime - 2; exponent > 0; exponent = Math.floor(exponent / 2)) {
    if (exponent % 2 === 1) result = times(result, base);
    base = times(base, base);
  }
  return result;
}

/** Sums over the unknowns 0 … `unknowns` - 1. */
export class KnownSums {
  /** In echelon form: by the first unknown of each, which has the factor 1. */
  private readonly rows = new Map<number, Float64Array>();

  constructor(private readonly unknowns: number) {}

  /** Takes note of a known sum; returns whether it tells something new. */
  add(unknowns: Iterable<number>): boolean {
    const row = this.reduced(unknowns);
    const pivot = row.findIndex((factor) => factor !== 0);
    if (pivot < 0) return false;
    const factor = inverse(row[pivot] ?? 1);
    for (let at = pivot; at < row.length; at++) row[at] = times(row[at] ?? 0, factor);
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
    for (const unknown of unknowns) row[unknown] = ((row[unknown] ?? 0) + 1) % prime;
    for (let at = 0; at < row.length; at++) {
      const factor = row[at] ?? 0;
      const known = factor === 0 ? undefined : this.rows.get(at);
      if (known === undefined) continue;
      for (let column = at; column < row.length; column++) {
        const other = known[column] ?? 0;
        if (other !== 0) row[column] = ((row[column] ?? 0) - times(factor, other) + prime) % prime;
      }
    }
    return row;
  }
}
