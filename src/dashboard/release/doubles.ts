import type { AttendanceLayout } from "./attendanceLayout";
import { cellsOf } from "./attendancePartition";
import type { People } from "./people";

/** Cells of one day in which the same person is active: lists of two or more. Rare: people change schools overnight. */
export function doubles(people: People, layout: AttendanceLayout): readonly (readonly number[])[] {
  const entries = new Map<number, { readonly slot: number; readonly active: number }[]>();
  for (let slot = 0; slot + 1 < layout.firstEntry.length; slot++) {
    const end = layout.firstEntry[slot + 1] as number;
    for (let entry = layout.firstEntry[slot] as number; entry < end; entry++) {
      const member = layout.member[entry] as number;
      if (people.moved[member] !== 1) continue;
      const key = (people.person[member] as number) * layout.months + (slot % layout.months);
      const part = { slot, active: layout.active[entry] as number };
      const known = entries.get(key);
      if (known === undefined) entries.set(key, [part]);
      else known.push(part);
    }
  }
  const found: number[][] = [];
  for (const parts of entries.values()) {
    let [once, twice] = [0, 0];
    for (const { active } of parts) {
      twice |= once & active;
      once |= active;
    }
    for (let left = twice; left !== 0; left &= left - 1) {
      const bit = left & -left;
      found.push(
        parts.filter(({ active }) => (active & bit) !== 0).flatMap(({ slot }) => cellsOf(slot, bit)),
      );
    }
  }
  return found;
}
