/** Navigation among the refused rows. */
export class RefusedIndexes {
  constructor(private readonly ascending: readonly number[] = []) {}

  get count(): number {
    return this.ascending.length;
  }

  /** The nearest refused row below or above a row; wraps around at the ends, as in editors. */
  beside(row: number, direction: 1 | -1): number | undefined {
    return direction === 1
      ? (this.ascending.find((refused) => refused > row) ?? this.ascending[0])
      : (this.ascending.findLast((refused) => refused < row) ?? this.ascending.at(-1));
  }

  /** A row's number among the refused rows, from 1; 0 if it is not refused. */
  place(row: number): number {
    return this.ascending.indexOf(row) + 1;
  }
}
