import { heldBack, type QuarantinedDelivery, type ReadDelivery } from "../delivery";

const number = new Intl.NumberFormat("en-US");

/**
 * Holds back a delivery that would remove more of its source's rows than intended: more than `maxShrink` percent, or
 * all of them. A truncated or emptied file must not empty the tables.
 *
 * @param before rows of the source that count, or are superseded
 */
export function tooFewRows(
  delivery: ReadDelivery,
  before: number,
  maxShrink: number,
): QuarantinedDelivery | undefined {
  const { rows, refused, isAccepted } = delivery;
  const removedRows = before - rows;
  if (before === 0 || (rows > 0 && removedRows <= (before * maxShrink) / 100)) return undefined;
  if (rows === 0 && refused > 0) {
    // Accepting it would only remove the rows that the tables have.
    return heldBack(
      delivery,
      `None of its ${number.format(refused)} rows can be read. ${staying(before)}.`,
      false,
    );
  }
  if (isAccepted) return undefined;
  const now = rows === 0 ? "no row" : rows === 1 ? "1 row" : `only ${number.format(rows)} rows`;
  return heldBack(
    delivery,
    `It has ${now}; the previous delivery had ${number.format(before)}. ${staying(before)} until the file is accepted.`,
    true,
  );
}

function staying(before: number): string {
  return before === 1 ? "The earlier row stays" : "The earlier rows stay";
}

/** What a delivery does to the rows of its source. */
export function replacementNote(before: number, rows: number): string | undefined {
  return before === 0
    ? undefined
    : `Replaces ${number.format(before)} ${before === 1 ? "row" : "rows"} by ${number.format(rows)}.`;
}
