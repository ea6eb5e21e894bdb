import type { UsageLayout } from "./usageLayout";

/**
 * The members of each pair (shown resource, cohort) with the months in which they used it: what is left of the entries
 * where whole months are asked about, and much less to read.
 */
export interface PairMembers {
  /** Per pair, with the end of the last. */
  readonly first: Uint32Array;
  readonly member: Uint32Array;
  /** Bit 0 is the month `firstMonth`; months before it have none. */
  readonly months: Uint32Array;
  readonly firstMonth: number;
}

const bits = 32;

export function pairMembers(layout: UsageLayout, members: number, months: number): PairMembers {
  const { pairs, groups, runs, entries } = layout;
  const firstMonth = Math.max(months - bits, 0);
  const seenAt = new Uint32Array(members);
  const place = new Uint32Array(members);
  const first = new Uint32Array(pairs.count + 1);
  const eachEntry = (pair: number, visit: (member: number, month: number) => void): void => {
    const endGroup = pairs.firstGroup[pair + 1] as number;
    for (let group = pairs.firstGroup[pair] as number; group < endGroup; group++) {
      const month = groups.month[group] as number;
      if (month < firstMonth) continue;
      const end = runs.firstEntry[groups.firstRun[group + 1] as number] as number;
      for (let entry = runs.firstEntry[groups.firstRun[group] as number] as number; entry < end; entry++) {
        visit(entries.member[entry] as number, month - firstMonth);
      }
    }
  };
  let count = 0;
  for (let pair = 0; pair < pairs.count; pair++) {
    eachEntry(pair, (member) => {
      if (seenAt[member] === pair + 1) return;
      seenAt[member] = pair + 1;
      count++;
    });
    first[pair + 1] = count;
  }
  const member = new Uint32Array(count);
  const used = new Uint32Array(count);
  seenAt.fill(0);
  let next = 0;
  for (let pair = 0; pair < pairs.count; pair++) {
    eachEntry(pair, (who, month) => {
      if (seenAt[who] !== pair + 1) {
        seenAt[who] = pair + 1;
        place[who] = next;
        member[next++] = who;
      }
      const at = place[who] as number;
      used[at] = (used[at] as number) | (1 << month);
    });
  }
  return { first, member, months: used, firstMonth };
}
