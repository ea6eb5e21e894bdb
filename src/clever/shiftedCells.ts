/**
 * A row whose cells are shifted, but no fewer, can have the id of a person where a text is kept as it is. That is told by
 * the id's standing elsewhere as one. Which ids are compared:
 *
 * - Clever's ids of people are like no other text, so they are, with every column.
 * - An id of the school system can be anything. Where it is a plain number, it says nothing: a game is called 2048, a school
 *   1001, and so may a pupil be. Little is lost by that: in a shifted row the Clever id follows in the next column.
 * - The shortest are left out: an id such as `A1` or `app` is equal to something sooner or later.
 *
 * What is equal by chance all the same is told by its rows (see `pipeline/shiftedRows.ts`).
 */
export const shortestId = 4;
/** Shorter than an id of Clever's, which may happen to have digits only. */
export const plainNumber = "[0-9]{1,20}";
const isPlainNumber = new RegExp(`^${plainNumber}$`);

/** Whether a text that is kept is the id of a person if it is equal to one. */
export function tellsAPerson(text: string): boolean {
  return [...text].length >= shortestId && !isPlainNumber.test(text);
}

/** Why such a row is refused. */
export const shiftedReason = "It holds the id of a person: the row's cells are shifted.";
