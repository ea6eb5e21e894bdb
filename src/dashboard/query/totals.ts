import { type AttendanceTotals, attendanceTotals } from "./attendance";
import type { Scope } from "./scope";
import { type UsageTotals, usageTotals } from "./usage";

/** All sums and counts of a question, before they are formatted as an answer. */
export interface Totals {
  readonly scope: Scope;
  readonly attendance: AttendanceTotals;
  readonly usage: UsageTotals;
}

/** A question without its schools and grades. Throws the signal's reason when aborted. */
export function computeOverallTotals(scope: Scope, signal: AbortSignal | undefined): Promise<Totals> {
  const { groups } = scope;
  const none = { ...groups.everyone, countedIn: new Int32Array(groups.groupOf.length).fill(-1) };
  return computeTotals({ ...scope, groups: { ...groups, schools: none, grades: none } }, signal);
}

/** Throws the signal's reason when aborted. */
export async function computeTotals(scope: Scope, signal: AbortSignal | undefined): Promise<Totals> {
  return { scope, attendance: attendanceTotals(scope), usage: await usageTotals(scope, signal) };
}
