import { setImmediate } from "node:timers/promises";
import type { MonthSegment } from "../index/participationIndex";
import type { Scope } from "./scope";

type VisitRun = (segment: MonthSegment, run: number, mask: number, start: number, month: number) => void;

/**
 * Visits the runs of one of the index's resources that count, with their days; `start` is the month's first day,
 * relative to the scope's.
 */
export function forEachRun({ facts, range, masks, from }: Scope, resource: number, visit: VisitRun): void {
  const { index, days, firstRuns } = facts;
  const months = days.monthStarts.length;
  for (let month = 0; month < months; month++) {
    if (range[month] === 0) continue;
    const segment = index.months[month] as MonthSegment;
    const starts = firstRuns[month] as Uint32Array;
    const { cohort, days: daysOf } = segment.usageRuns;
    const end = starts[resource + 1] as number;
    const start = (days.monthStarts[month] as number) - from;
    for (let run = starts[resource] as number; run < end; run++) {
      const mask = (daysOf[run] as number) & (masks[(cohort[run] as number) * months + month] as number);
      if (mask !== 0) visit(segment, run, mask, start, month);
    }
  }
}

const millisecondsBetweenPauses = 40;

/** Yields from time to time, so that a newer question can cancel this one. */
export async function forEachResource(
  { resources }: Scope,
  signal: AbortSignal | undefined,
  visit: (shown: number) => void,
): Promise<void> {
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
    forEachRun(scope, resource, ({ usageRuns, usage }, run, mask) => {
      const end = usageRuns.firstPerson[run + 1] as number;
      for (let at = usageRuns.firstPerson[run] as number; at < end; at++) {
        if (((usage.days[at] as number) & mask) === 0) continue;
        people.add(index.members.person[usage.member[at] as number] as number);
      }
    });
  }
  return people.size;
}
