import type { Facts, Groups } from "../groups/groups";
import { type AttendanceTotals, attendanceTotals } from "./attendance";
import type { Scope } from "./scope";
import { type UsageTotals, usageTotals } from "./usage";

/** All sums and counts of a question, before they are formatted as an answer. */
export interface Found {
  readonly facts: Facts;
  readonly groups: Groups;
  readonly scope: Scope;
  readonly attendance: AttendanceTotals;
  readonly usage: UsageTotals;
}

/** Throws the signal's reason when aborted. */
export async function find(
  facts: Facts,
  groups: Groups,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const attendance = attendanceTotals(facts, groups, scope);
  return { facts, groups, scope, attendance, usage: await usageTotals(facts, groups, scope, signal) };
}
