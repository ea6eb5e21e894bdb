/**
 * If a row's cells are shifted but none is missing, a person's id can be in place of a kept text. It is detected
 * because the id occurs elsewhere as an id. These ids are compared:
 * - Clever's ids of people look like no other text, so they are compared with every column.
 * - An id of the school system can be anything. A plain number proves nothing: a game is called 2048, a school 1001,
 *   and a pupil may have the same number. Little is lost by excluding these: in a shifted row the Clever id is in the
 *   next column.
 * - The shortest ids are excluded: an id such as `A1` or `app` matches something sooner or later.
 * Coincidental matches are recognized by their rows (see `pipeline/read/shiftedRows.ts`).
 */
export const shortestId = 4;
/** Limited to fewer digits than one of Clever's ids has, which may consist of digits only. */
export const plainNumber = "[0-9]{1,20}";
const isPlainNumber = new RegExp(`^${plainNumber}$`);

/** Whether a kept text that equals a person's id is that id. */
export function identifiesPerson(text: string): boolean {
  return [...text].length >= shortestId && !isPlainNumber.test(text);
}

/** Why such a row is refused. */
export const shiftedReason = "It contains a person's id: the row's cells are shifted.";
