import { monthDays } from "../release/attendanceLayout";
import type { FrozenCells } from "../release/frozenBlocks";
import type { Prepared } from "../release/prepared";
import type { Scope } from "./scope";

/** The cells of a question that are in a block, and within what each cell of all is covered (bits of `within`). */
export interface AttendanceCover {
  readonly scope: Scope;
  readonly cells: Uint32Array;
  /** What people did, and people who are there. */
  readonly active: Uint8Array;
  readonly present: Uint8Array;
}

export function attendanceCover(prepared: Prepared, scope: Scope): AttendanceCover {
  const cells = cellsInScope(prepared, scope);
  return {
    scope,
    cells,
    active: coveredCells(prepared.activeBlocks, cells),
    present: coveredCells(prepared.presentBlocks, cells),
  };
}

/** Only blocks all of whose cells are in scope cover them. */
function coveredCells(blocks: FrozenCells, cells: Uint32Array): Uint8Array {
  const counts = new Uint32Array(blocks.size.length);
  for (let at = 0; at < cells.length; at++) {
    const block = blocks.of[cells[at] as number] as number;
    if (block >= 0) counts[block] = (counts[block] as number) + 1;
  }
  const covered = new Uint8Array(blocks.of.length);
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at] as number;
    const block = blocks.of[cell] as number;
    if (block >= 0 && counts[block] === blocks.size[block]) covered[cell] = blocks.within[block] as number;
  }
  return covered;
}

function cellsInScope({ attendance, monthStarts, activeBlocks }: Prepared, scope: Scope): Uint32Array {
  const cells = new Uint32Array(activeBlocks.of.length);
  let count = 0;
  for (let rank = 0; rank < scope.ranks.length; rank++) {
    if (scope.ranks[rank] !== 1) continue;
    for (let month = 0; month < attendance.months; month++) {
      const start = monthStarts[month] as number;
      const first = Math.max(scope.from - start, 0);
      const last = Math.min(scope.to - start, monthDays - 1);
      const slot = rank * attendance.months + month;
      for (let cell = slot * monthDays + first; cell <= slot * monthDays + last; cell++) {
        if ((activeBlocks.of[cell] as number) >= 0) cells[count++] = cell;
      }
    }
  }
  return cells.subarray(0, count);
}
