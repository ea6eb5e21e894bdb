/** Finds one's way among the refused rows. */
export class RefusedIndexes {
  constructor(private readonly ascending: readonly number[] = []) {}

  get count(): number {
    return this.ascending.length;
  }

  /** The next one below a row, or above it; round at the ends, as editors do. */
  beside(row: number, direction: 1 | -1): number | undefined {
    const after = this.firstAtOrAfter(direction === 1 ? row + 1 : row);
    return this.ascending.at(direction === 1 ? after % Math.max(1, this.count) : after - 1);
  }

  /** Which one a row is, counted from 1; 0 for a row that is none. */
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
