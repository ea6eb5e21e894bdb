const units = ["B", "kB", "MB", "GB", "TB"] as const;

/**
 * A number of bytes in the largest unit of which it is at least one, when rounded to one decimal place.
 *
 * @returns the amount, unrounded, and the decimal places to show: whole bytes have none
 */
export function inByteUnit(bytes: number): { amount: number; decimals: 0 | 1; unit: (typeof units)[number] } {
  let amount = bytes;
  let at = 0;
  // Otherwise 999,999 bytes would be 1,000.0 kB.
  while (Math.round(amount * 10) >= 10_000 && at < units.length - 1) {
    amount /= 1000;
    at++;
  }
  return { amount, decimals: at === 0 ? 0 : 1, unit: units[at] ?? "B" };
}
