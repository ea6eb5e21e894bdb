import type { ParticipationIndex } from "../index/participationIndex";

/** Members that are the same person. */
export interface People {
  /** Per member: 1 if the person has other members. */
  readonly moved: Uint8Array;
  /** Per month and person with several members in it: their places in the month's `attendance`. */
  readonly several: readonly { readonly month: number; readonly entries: readonly number[] }[];
}

export function peopleOf(index: ParticipationIndex): People {
  const { person } = index.members;
  const moved = new Uint8Array(person.length);
  const firstOf = new Int32Array(index.people).fill(-1);
  for (let member = 0; member < person.length; member++) {
    const number = person[member] as number;
    const first = firstOf[number] as number;
    if (first < 0) firstOf[number] = member;
    else moved[first] = moved[member] = 1;
  }
  return { moved, several: severalEntries(index, moved) };
}

/** Per member: the person's first member in a cohort with the same value. */
export function firstMembers(
  { members }: ParticipationIndex,
  { moved }: People,
  of: Uint32Array,
): Uint32Array {
  const { person, cohort } = members;
  const result = new Uint32Array(person.length);
  const membersOf = new Map<number, number[]>();
  for (let member = 0; member < person.length; member++) {
    result[member] = member;
    if (moved[member] !== 1) continue;
    const number = person[member] as number;
    const others = membersOf.get(number) ?? [];
    const value = of[cohort[member] as number];
    result[member] = others.find((other) => of[cohort[other] as number] === value) ?? member;
    others.push(member);
    membersOf.set(number, others);
  }
  return result;
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
