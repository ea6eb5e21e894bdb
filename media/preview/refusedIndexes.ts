/** Navigation among the refused rows. */
export class RefusedIndexes {
  constructor(private readonly ascending: readonly number[] = []) {}

  get count(): number {
    return this.ascending.length;
  }

  /** The nearest refused row below or above a row; wraps around at the ends, as in editors. */
  beside(row: number, direction: 1 | -1): number | undefined {
    const after = this.firstAtOrAfter(direction === 1 ? row + 1 : row);
    return this.ascending.at(direction === 1 ? after % Math.max(1, this.count) : after - 1);
  }

  /** A row's number among the refused rows, from 1; 0 if it is not refused. */
  place(row: number): number {
    const position = this.firstAtOrAfter(row);
    return this.ascending[position] === row ? position + 1 : 0;
  }

  private firstAtOrAfter(row: number): number {
    let low = 0;
    let high = this.ascending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ascending[middle] ?? 0) < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
