import { setImmediate } from "node:timers/promises";
import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import type { MonthSegment, MonthUse } from "../index/participationIndex";
import type { Scope } from "./scope";

/** A run of a month, and what it consists of. */
type VisitRun = (
  runs: MonthSegment["usageRuns"],
  use: MonthUse,
  run: number,
  mask: number,
  start: number,
  month: number,
) => void;

/**
 * Visits the runs of one of the index's resources that count, with their days; `start` is the month's first day,
 * relative to the scope's.
 */
export function forEachRun({ facts, range, masks, from }: Scope, resource: number, visit: VisitRun): void {
  const { index, days, firstRuns } = facts;
  const months = days.monthStarts.length;
  for (let month = 0; month < months; month++) {
    if (range[month] === 0) continue;
    const { usageRuns, use } = index.months[month] as MonthSegment;
    const starts = firstRuns[month] as Uint32Array;
    const { cohort, days: daysOf } = usageRuns;
    const end = starts[resource + 1] as number;
    const start = (days.monthStarts[month] as number) - from;
    for (let run = starts[resource] as number; run < end; run++) {
      const mask = (daysOf[run] as number) & (masks[(cohort[run] as number) * months + month] as number);
      if (mask !== 0) visit(usageRuns, use.value, run, mask, start, month);
    }
  }
}

const millisecondsBetweenPauses = 40;

/**
 * Visits the shown resources of a scope, once what their runs consist of is in memory. Yields from time to time, so that
 * a newer question can cancel this one.
 */
export async function forEachResource(
  { facts, range, resources }: Scope,
  signal: AbortSignal | undefined,
  visit: (shown: number) => void,
): Promise<void> {
  const asked = facts.index.months.filter((_, month) => range[month] !== 0);
  await allSettledOrThrow(asked.map(({ use }) => use.read()));
  signal?.throwIfAborted();
  let last = performance.now();
  for (const [shown, isChosen] of resources.entries()) {
    if (isChosen !== 1) continue;
    if (performance.now() - last > millisecondsBetweenPauses) {
      await setImmediate();
      signal?.throwIfAborted();
      last = performance.now();
    }
    visit(shown);
  }
}

/** Distinct people who used any of the given shown resources, whatever resources a scope has. */
export function usersOf(scope: Scope, shown: readonly number[]): number {
  const { names, index } = scope.facts;
  const people = new Set<number>();
  for (const resource of shown.flatMap((each) => names.resourcesOf[each] ?? [])) {
    forEachRun(scope, resource, ({ firstPerson }, { people: { member, days } }, run, mask) => {
      const end = firstPerson[run + 1] as number;
      for (let at = firstPerson[run] as number; at < end; at++) {
        if (((days[at] as number) & mask) === 0) continue;
        people.add(index.members.person[member[at] as number] as number);
      }
    });
  }
  return people.size;
}
