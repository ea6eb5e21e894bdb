/**
 * A row whose cells are shifted, but not fewer, can have a person's id in place of a kept text. It is detected because
 * the id occurs elsewhere as an id. Which ids are compared:
 *
 * - Clever's ids of people look like no other text, so they are compared with every column.
 * - An id of the school system can be anything. A plain number proves nothing: a game is called 2048, a school 1001,
 *   and a pupil may have the same number. Little is lost by this: in a shifted row the Clever id follows in the next
 *   column.
 * - The shortest are excluded: an id such as `A1` or `app` matches something sooner or later.
 *
 * Matches by chance are recognized by their rows (see `pipeline/read/shiftedRows.ts`).
 */
export const shortestId = 4;
/** Shorter than one of Clever's ids, which may happen to have only digits. */
export const plainNumber = "[0-9]{1,20}";
const isPlainNumber = new RegExp(`^${plainNumber}$`);

/** Whether a kept text that equals a person's id is that id. */
export function identifiesPerson(text: string): boolean {
  return [...text].length >= shortestId && !isPlainNumber.test(text);
}

/** Why such a row is refused. */
export const shiftedReason = "It holds the id of a person: the row's cells are shifted.";
