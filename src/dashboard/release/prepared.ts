import { setImmediate } from "node:timers/promises";
import { firstDayOf } from "../calendar";
import type { Derivation } from "../index/indexKeeper";
import type { ParticipationIndex } from "../index/participationIndex";
import { type AttendanceLayout, attendanceLayout } from "./attendanceLayout";
import { attendancePartition } from "./attendancePartition";
import { type DayKinds, dayKinds } from "./dayKinds";
import { doubles } from "./doubles";
import { type FrozenCells, type FrozenUsage, freezeCells, freezeUsage } from "./frozenBlocks";
import { linkBlocks } from "./linkBlocks";
import { type Numbering, numbering } from "./names";
import { type PairMembers, pairMembers } from "./pairMembers";
import { type People, people } from "./people";
import { presentPartition } from "./presentPartition";
import { type UsageLayout, usageLayout } from "./usageLayout";
import { usagePartition } from "./usagePartition";

/**
 * The index in the order of the questions, with its release blocks: made once per version of the tables, and all that
 * questions need. JSON and typed arrays only, since it is kept in a file.
 */
export interface Prepared {
  readonly minimumGroupSize: number;
  /** Whether a roster gave people their grades. */
  readonly hasGrades: boolean;
  readonly names: Numbering;
  readonly people: People;
  /** The first day of each month, as a day number. */
  readonly monthStarts: Int32Array;
  readonly usage: UsageLayout;
  readonly pairMembers: PairMembers;
  readonly usageBlocks: FrozenUsage;
  readonly attendance: AttendanceLayout;
  /** Blocks for what people did, and for people who are there. */
  readonly activeBlocks: FrozenCells;
  readonly presentBlocks: FrozenCells;
  readonly dayKinds: DayKinds;
  /** What it took to link the blocks: joined pairs of usage blocks, and of blocks of participation. */
  readonly links: { readonly ties: number; readonly merged: number };
  /** Cells of one day in which the same person is active. */
  readonly doubles: readonly (readonly number[])[];
}

/** Prepares for one group size, as `IndexKeeper.derived` wants it. */
export function preparation(minimumGroupSize: number): Derivation<Prepared> {
  return {
    name: `prepared for ${minimumGroupSize}`,
    compute: (index, signal) => prepare(index, minimumGroupSize, signal),
  };
}

/**
 * Divides the tables into release blocks of at least `minimumGroupSize` people each (README.md says how and why).
 * Throws the signal's reason when aborted.
 */
export async function prepare(
  index: ParticipationIndex,
  minimumGroupSize: number,
  signal?: AbortSignal,
): Promise<Prepared> {
  const pause = async () => {
    await setImmediate();
    signal?.throwIfAborted();
  };
  const names = numbering(index);
  await pause();
  const usage = usageLayout(index, names);
  await pause();
  const attendance = attendanceLayout(index, names, usage);
  await pause();
  const usageBlocks = await usagePartition(index, names, usage, minimumGroupSize, signal);
  await pause();
  const activeBlocks = attendancePartition(index, names, attendance, usage, minimumGroupSize);
  await pause();
  const linkable = { index, names, usage, attendance, usageBlocks, activeBlocks };
  const links = await linkBlocks(linkable, minimumGroupSize, signal);
  await pause();
  const presentBlocks = presentPartition(index, names, attendance, activeBlocks, minimumGroupSize);
  const members = people(index, names);
  const kinds = dayKinds(index, attendance);
  return {
    minimumGroupSize,
    hasGrades: index.hasGrades,
    names,
    people: members,
    monthStarts: Int32Array.from(index.months, ({ month }) => firstDayOf(month)),
    usage,
    pairMembers: pairMembers(usage, members.members, index.months.length),
    usageBlocks: freezeUsage(index, names, usageBlocks),
    attendance,
    activeBlocks: freezeCells(index, names, activeBlocks, kinds),
    presentBlocks: freezeCells(index, names, presentBlocks, kinds),
    dayKinds: kinds,
    links,
    doubles: doubles(members, attendance),
  };
}
