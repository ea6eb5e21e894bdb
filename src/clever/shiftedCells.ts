import type { ReportColumn } from "./reports";

/**
 * A row whose cells are shifted, but no fewer, can have the id of a person where a text is kept as it is. That is told by
 * the id's standing elsewhere as one. Which texts are compared:
 *
 * - Clever's ids of people are like no other text, so they are compared everywhere.
 * - An id of the school system can be anything. Where it is a plain number, it says nothing about the name or id of a
 *   resource, which can be that number too (a game is called 2048, and so may be a pupil). Nothing is lost by that: in a
 *   shifted row the Clever id follows in the next column.
 * - The shortest texts are left out: an id such as `12` or `app` is equal to something sooner or later.
 *
 * What is equal by chance all the same, such as the school 1001 and the pupil 1001, is told by its rows (see
 * `pipeline/shiftedRows.ts`).
 */
export const shortestId = 4;
/** Shorter than an id of Clever's, which may happen to have digits only. */
export const plainNumber = "[0-9]{1,20}";
const isPlainNumber = new RegExp(`^${plainNumber}$`);

/** Whether a text of a column that is kept is the id of a person if it is equal to one. */
export function tellsAPerson(column: ReportColumn, text: string): boolean {
  return [...text].length >= shortestId && !(column.numbers === true && isPlainNumber.test(text));
}

/** Why such a row is refused. */
export const shiftedReason = "It holds the id of a person: the row's cells are shifted.";
