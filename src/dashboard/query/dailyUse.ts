import { lowestBit } from "../calendar";
import { Pacer } from "../pacer";
import type { Prepared } from "../release/prepared";
import type { Scope } from "./scope";
import { cover, UsageCover } from "./usageCover";

/** Per shown resource and day of a scope (`resource * days + day`). */
export interface DailyUse {
  /** Rows of usage with a person, of blocks that are of one day and resource each. */
  readonly rows: Float64Array;
  /** 1 where there is other usage. */
  readonly cut: Uint8Array;
}

/** The use of each resource day by day. Throws the signal's reason when aborted. */
export async function dailyUse(
  prepared: Prepared,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<DailyUse> {
  const { names, usage, monthStarts } = prepared;
  const { groups, runs, cells } = usage;
  const pacer = new Pacer(signal);
  const covered = new UsageCover(prepared, scope);
  const length = scope.to - scope.from + 1;
  const rows = new Float64Array(names.shown.length * length);
  /** Days, as masks, per shown resource and month. */
  const missing = new Uint32Array(names.shown.length * monthStarts.length);
  for (let group = 0; group < groups.count; group++) {
    if ((group & 255) === 0 && pacer.due) await pacer.pause();
    if (!covered.read(group)) continue;
    const days = covered.days[cover.dayResource] as number;
    const start = monthStarts[groups.month[group] as number] as number;
    const first = (groups.shown[group] as number) * length + start - scope.from;
    const at = (groups.shown[group] as number) * monthStarts.length + (groups.month[group] as number);
    missing[at] = (missing[at] as number) | (covered.inScope & ~days);
    if (days === 0) continue;
    const end = runs.firstCell[groups.firstRun[group + 1] as number] as number;
    for (let cell = runs.firstCell[groups.firstRun[group] as number] as number; cell < end; cell++) {
      const day = cells.day[cell] as number;
      if ((days & (1 << day)) === 0) continue;
      rows[first + day] = (rows[first + day] as number) + (cells.rows[cell] as number);
    }
  }
  const cut = new Uint8Array(rows.length);
  missing.forEach((mask, at) => {
    const start = monthStarts[at % monthStarts.length] as number;
    const first = Math.floor(at / monthStarts.length) * length + start - scope.from;
    for (let left = mask; left !== 0; left &= left - 1) cut[first + lowestBit(left)] = 1;
  });
  return { rows, cut };
}
