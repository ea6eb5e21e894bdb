/** The nearest refused row below or above a row; wraps around at the ends, as in editors. */
export function nearestRefusedRow(
  ascending: readonly number[],
  row: number,
  direction: 1 | -1,
): number | undefined {
  return direction === 1
    ? (ascending.find((refused) => refused > row) ?? ascending[0])
    : (ascending.findLast((refused) => refused < row) ?? ascending.at(-1));
}

/** A row's number among the refused rows, from 1; 0 if it is not refused. */
export function placeAmong(ascending: readonly number[], row: number): number {
  return ascending.indexOf(row) + 1;
}
