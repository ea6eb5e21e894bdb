import { type AttendanceTotals, attendanceSums, attendanceTotals } from "./attendance";
import { newScope, type Scope } from "./scope";
import { type UsageTotals, usageTotals } from "./usage";

/** All sums and counts of a question, before they are formatted as an answer. */
export interface Totals {
  readonly scope: Scope;
  readonly attendance: AttendanceTotals;
  readonly usage: UsageTotals;
}

/** The totals of a question, without schools, grades and the users per day. Throws the signal's reason when aborted. */
export async function computeOverallTotals(scope: Scope, signal: AbortSignal | undefined): Promise<Totals> {
  const { everyone } = scope.lists;
  const none = { count: 1, of: everyone.of, countedIn: new Int32Array(everyone.of.length).fill(-1) };
  const overall = newScope({ ...scope, lists: { everyone, schools: none, grades: none } });
  return {
    scope: overall,
    attendance: attendanceTotals(overall),
    usage: await usageTotals(overall, signal, false),
  };
}

/** Throws the signal's reason when aborted. */
export async function computeTotals(scope: Scope, signal: AbortSignal | undefined): Promise<Totals> {
  return { scope, attendance: attendanceTotals(scope), usage: await usageTotals(scope, signal, true) };
}

/** Totals without the people in daily participation and the users per day. Throws the signal's reason when aborted. */
export async function computeUse(scope: Scope, signal: AbortSignal | undefined): Promise<Totals> {
  return { scope, attendance: attendanceSums(scope), usage: await usageTotals(scope, signal, false) };
}
