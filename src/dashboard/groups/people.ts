import type { ParticipationIndex } from "../index/participationIndex";

/** Members that are the same person. */
export interface People {
  /** Per member: 1 if the person has other members. */
  readonly moved: Uint8Array;
  /** Per member: the person's previous member; -1 if there is none. */
  readonly previous: Int32Array;
  /** The members that have a previous one, ascending. */
  readonly repeats: Uint32Array;
  /** Per month and person with several members in it: their places in the month's `attendance`. */
  readonly several: readonly { readonly month: number; readonly entries: readonly number[] }[];
}

export function peopleOf(index: ParticipationIndex): People {
  const { person } = index.members;
  const moved = new Uint8Array(person.length);
  const previous = new Int32Array(person.length);
  const newest = new Int32Array(index.people).fill(-1);
  const repeats: number[] = [];
  for (let member = 0; member < person.length; member++) {
    const number = person[member] as number;
    const before = newest[number] as number;
    previous[member] = before;
    newest[number] = member;
    if (before < 0) continue;
    moved[before] = moved[member] = 1;
    repeats.push(member);
  }
  return { moved, previous, repeats: Uint32Array.from(repeats), several: severalEntries(index, moved) };
}

function severalEntries({ months, members }: ParticipationIndex, moved: Uint8Array): People["several"] {
  return months.flatMap(({ attendance }, month) => {
    const ofPerson = new Map<number, number[]>();
    const { member: memberOf } = attendance;
    for (let entry = 0; entry < memberOf.length; entry++) {
      const member = memberOf[entry] as number;
      if (moved[member] !== 1) continue;
      const person = members.person[member] as number;
      const known = ofPerson.get(person);
      if (known) known.push(entry);
      else ofPerson.set(person, [entry]);
    }
    return [...ofPerson.values()].flatMap((entries) => (entries.length > 1 ? { month, entries } : []));
  });
}
