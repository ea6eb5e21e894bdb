import type { ParticipationIndex } from "../index/participationIndex";
import { type AttendanceLayout, monthDays } from "./attendanceLayout";
import type { CellBlocks } from "./attendancePartition";
import type { Numbering } from "./names";
import { Stamps } from "./stamps";

/**
 * Divides each block of daily participation into blocks of at least `minimum` people with rows, active or not, for
 * numbers about people who are there. What these say is never finer than the blocks, so that the rows of a block less
 * the rows of the parts leave nothing.
 */
export function presentPartition(
  index: ParticipationIndex,
  names: Numbering,
  layout: AttendanceLayout,
  blocks: CellBlocks,
  minimum: number,
): CellBlocks {
  const needed = minimum <= 1 ? 0 : minimum;
  const people = new Stamps(index.people);
  const parts: CellBlocks = {
    cells: [],
    of: new Int32Array(blocks.of.length).fill(-1),
    unreleased: new Set(),
  };
  const addPeople = (cell: number): void => {
    const slot = Math.floor(cell / monthDays);
    const end = layout.firstEntry[slot + 1] as number;
    for (let entry = layout.firstEntry[slot] as number; entry < end; entry++) {
      if ((((layout.present[entry] as number) >>> (cell % monthDays)) & 1) === 1) {
        people.add(names.person[layout.member[entry] as number] as number);
      }
    }
  };
  const close = (cells: number[]): void => {
    for (const cell of cells) parts.of[cell] = parts.cells.length;
    parts.cells.push(cells);
  };
  blocks.cells.forEach((cells, block) => {
    if (cells.length === 0) return;
    const ordered = Uint32Array.from(cells).sort();
    const first = parts.cells.length;
    let joined: number[] = [];
    people.clear();
    for (const cell of ordered) {
      joined.push(cell);
      if (ordered.length > 1 || blocks.unreleased.has(block)) addPeople(cell);
      if (people.size < needed) continue;
      close(joined);
      joined = [];
      people.clear();
    }
    if (joined.length === 0) return;
    const last = parts.cells.length - 1;
    if (last >= first) {
      for (const cell of joined) parts.of[cell] = last;
      parts.cells[last]?.push(...joined);
    } else {
      close(joined);
      if (blocks.unreleased.has(block)) parts.unreleased.add(first);
    }
  });
  return parts;
}
