import { CleverLakeError } from "../../errors";
import type { MonthSegment, ParticipationIndex } from "../index/participationIndex";
import { countingSort } from "./countingSort";
import type { Numbering } from "./names";

/**
 * Resource usage in the order in which it is asked: by shown resource, cohort (as ranked), month, resource. What is
 * read together lies together, so that a question is one walk through memory.
 *
 * A run is a (resource, cohort, month). A group is a (shown resource, cohort, month): one run, or several where
 * resources share name and type. A pair is a (shown resource, cohort): its groups in the order of months.
 * Arrays of starts have one element more than there are items: the end of the last.
 */
export interface UsageLayout {
  readonly runs: {
    readonly count: number;
    readonly group: Uint32Array;
    readonly resource: Uint32Array;
    /** Days with rows. */
    readonly days: Uint32Array;
    readonly firstEntry: Uint32Array;
    readonly firstCell: Uint32Array;
  };
  readonly groups: {
    readonly count: number;
    readonly shown: Uint32Array;
    readonly rank: Uint32Array;
    readonly month: Uint32Array;
    readonly days: Uint32Array;
    readonly firstRun: Uint32Array;
  };
  readonly pairs: { readonly count: number; readonly firstGroup: Uint32Array };
  /** A member's days of use. */
  readonly entries: { readonly member: Uint32Array; readonly days: Uint32Array };
  readonly cells: {
    readonly day: Uint8Array;
    readonly rows: Uint32Array;
    readonly accesses: Float64Array;
  };
}

interface UnsortedRuns {
  readonly resource: number[];
  readonly rank: number[];
  readonly month: number[];
  readonly firstCell: number[];
  readonly endCell: number[];
}

export function usageLayout(index: ParticipationIndex, names: Numbering): UsageLayout {
  const unsorted = runsOf(index, names);
  const order = sortedRuns(unsorted, index, names);
  const count = order.length;
  const runs = {
    count,
    group: new Uint32Array(count),
    resource: Uint32Array.from(order, (run) => unsorted.resource[run] as number),
    days: new Uint32Array(count),
    firstEntry: new Uint32Array(count + 1),
    firstCell: new Uint32Array(count + 1),
  };
  const groups = groupsOf(order, unsorted, names, runs.group);
  const cells = copyCells(index, order, unsorted, runs);
  groups.firstRun.forEach((first, group) => {
    const end = groups.firstRun[group + 1] ?? first;
    for (let run = first; run < end; run++) {
      groups.days[group] = ((groups.days[group] as number) | (runs.days[run] as number)) >>> 0;
    }
  });
  const entries = scatterEntries(index, order, unsorted, names, runs.firstEntry);
  return { runs, groups, pairs: pairsOf(groups), entries, cells };
}

/** Cells come ascending by cohort and resource, so that each run is a stretch of them. */
function runsOf(index: ParticipationIndex, names: Numbering): UnsortedRuns {
  const runs: UnsortedRuns = { resource: [], rank: [], month: [], firstCell: [], endCell: [] };
  index.months.forEach(({ usageCells }, month) => {
    const { cohort, resource } = usageCells;
    for (let cell = 0; cell < cohort.length; ) {
      const first = cell;
      while (cell < cohort.length && cohort[cell] === cohort[first] && resource[cell] === resource[first]) {
        cell++;
      }
      runs.resource.push(resource[first] as number);
      runs.rank.push(names.rankOf[cohort[first] as number] as number);
      runs.month.push(month);
      runs.firstCell.push(first);
      runs.endCell.push(cell);
    }
  });
  return runs;
}

/** By shown resource, rank, month, resource: one stable counting sort after the other, the last key first. */
function sortedRuns(runs: UnsortedRuns, index: ParticipationIndex, names: Numbering): Uint32Array {
  let order = Uint32Array.from(runs.resource, (_, run) => run);
  order = countingSort(order, (run) => runs.resource[run] as number, index.resources.length);
  order = countingSort(order, (run) => runs.month[run] as number, index.months.length);
  order = countingSort(order, (run) => runs.rank[run] as number, names.ranked.length);
  return countingSort(
    order,
    (run) => names.shownOf[runs.resource[run] as number] as number,
    names.shown.length,
  );
}

function groupsOf(order: Uint32Array, runs: UnsortedRuns, names: Numbering, groupOfRun: Uint32Array) {
  const shown: number[] = [];
  const rank: number[] = [];
  const month: number[] = [];
  const firstRun: number[] = [];
  order.forEach((run, at) => {
    const key = {
      shown: names.shownOf[runs.resource[run] as number] as number,
      rank: runs.rank[run] as number,
      month: runs.month[run] as number,
    };
    const last = shown.length - 1;
    if (last < 0 || shown[last] !== key.shown || rank[last] !== key.rank || month[last] !== key.month) {
      shown.push(key.shown);
      rank.push(key.rank);
      month.push(key.month);
      firstRun.push(at);
    }
    groupOfRun[at] = shown.length - 1;
  });
  firstRun.push(order.length);
  return {
    count: shown.length,
    shown: Uint32Array.from(shown),
    rank: Uint32Array.from(rank),
    month: Uint32Array.from(month),
    days: new Uint32Array(shown.length),
    firstRun: Uint32Array.from(firstRun),
  };
}

function pairsOf(groups: UsageLayout["groups"]): UsageLayout["pairs"] {
  const firstGroup: number[] = [];
  for (let group = 0; group < groups.count; group++) {
    const same =
      group > 0 &&
      groups.shown[group] === groups.shown[group - 1] &&
      groups.rank[group] === groups.rank[group - 1];
    if (!same) firstGroup.push(group);
  }
  const count = firstGroup.length;
  firstGroup.push(groups.count);
  return { count, firstGroup: Uint32Array.from(firstGroup) };
}

function copyCells(
  index: ParticipationIndex,
  order: Uint32Array,
  unsorted: UnsortedRuns,
  runs: { days: Uint32Array; firstCell: Uint32Array },
): UsageLayout["cells"] {
  const total = index.months.reduce((sum, { usageCells }) => sum + usageCells.day.length, 0);
  const cells = {
    day: new Uint8Array(total),
    rows: new Uint32Array(total),
    accesses: new Float64Array(total),
  };
  let to = 0;
  order.forEach((run, at) => {
    const from = (index.months[unsorted.month[run] as number] as MonthSegment).usageCells;
    runs.firstCell[at] = to;
    let days = 0;
    const end = unsorted.endCell[run] as number;
    for (let cell = unsorted.firstCell[run] as number; cell < end; cell++, to++) {
      const day = from.day[cell] as number;
      cells.day[to] = day;
      cells.rows[to] = from.rows[cell] as number;
      cells.accesses[to] = from.accesses[cell] as number;
      days |= 1 << day;
    }
    runs.days[at] = days >>> 0;
  });
  runs.firstCell[order.length] = to;
  return cells;
}

function scatterEntries(
  index: ParticipationIndex,
  order: Uint32Array,
  unsorted: UnsortedRuns,
  names: Numbering,
  firstEntry: Uint32Array,
): UsageLayout["entries"] {
  const total = index.months.reduce((sum, { usage }) => sum + usage.member.length, 0);
  const resources = index.resources.length;
  const runAt = new Int32Array(names.ranked.length * resources);
  const position = new Uint32Array(order.length);
  order.forEach((run, at) => {
    position[run] = at;
  });
  const byMonth: number[][] = index.months.map(() => []);
  unsorted.month.forEach((month, run) => {
    byMonth[month]?.push(run);
  });
  const eachEntry = (visit: (run: number, segment: MonthSegment, entry: number) => void): void => {
    index.months.forEach((segment, month) => {
      runAt.fill(-1);
      for (const run of byMonth[month] ?? []) {
        const slot = (unsorted.rank[run] as number) * resources + (unsorted.resource[run] as number);
        runAt[slot] = position[run] as number;
      }
      const { member, resource } = segment.usage;
      for (let entry = 0; entry < member.length; entry++) {
        const cohort = index.members.cohort[member[entry] as number] as number;
        const run = runAt[(names.rankOf[cohort] as number) * resources + (resource[entry] as number)];
        if (run === undefined || run < 0) {
          throw new CleverLakeError("engine", "The dashboard's index has usage of a person without its sum.");
        }
        visit(run, segment, entry);
      }
    });
  };
  eachEntry((run) => {
    firstEntry[run + 1] = (firstEntry[run + 1] as number) + 1;
  });
  for (let run = 0; run < order.length; run++) {
    firstEntry[run + 1] = (firstEntry[run + 1] as number) + (firstEntry[run] as number);
  }
  const next = firstEntry.slice();
  const entries = { member: new Uint32Array(total), days: new Uint32Array(total) };
  eachEntry((run, { usage }, entry) => {
    const at = next[run] as number;
    next[run] = at + 1;
    entries.member[at] = names.memberOf[usage.member[entry] as number] as number;
    entries.days[at] = usage.days[entry] as number;
  });
  return entries;
}
