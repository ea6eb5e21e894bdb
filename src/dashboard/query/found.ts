import { type AttendanceTotals, attendanceTotals } from "./attendance";
import type { Scope } from "./scope";
import { type UsageTotals, usageTotals } from "./usage";

/** All sums and counts of a question, before they are formatted as an answer. */
export interface Found {
  readonly scope: Scope;
  readonly attendance: AttendanceTotals;
  readonly usage: UsageTotals;
}

/** A question without its schools and grades. Throws the signal's reason when aborted. */
export function findTotal(scope: Scope, signal: AbortSignal | undefined): Promise<Found> {
  const { groups } = scope;
  const none = { ...groups.everyone, countedIn: new Int32Array(groups.groupOf.length).fill(-1) };
  return find({ ...scope, groups: { ...groups, schools: none, grades: none } }, signal);
}

/** Throws the signal's reason when aborted. */
export async function find(scope: Scope, signal: AbortSignal | undefined): Promise<Found> {
  return { scope, attendance: attendanceTotals(scope), usage: await usageTotals(scope, signal) };
}
