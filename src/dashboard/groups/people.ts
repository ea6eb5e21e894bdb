import type { ParticipationIndex } from "../index/participationIndex";

/** Members that are the same person. */
export interface People {
  /** Per member: 1 if the person has other members. */
  readonly moved: Uint8Array;
  /** One month's rows of people with several members in it, from `first[at]` up to `first[at + 1]`. */
  readonly several: {
    readonly month: Uint32Array;
    readonly first: Uint32Array;
    /** Indexes into the month's `attendance`. */
    readonly entry: Uint32Array;
  };
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
  const month: number[] = [];
  const first: number[] = [];
  const entries: number[] = [];
  months.forEach(({ attendance }, number) => {
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
    for (const places of ofPerson.values()) {
      if (places.length < 2) continue;
      month.push(number);
      first.push(entries.length);
      for (const place of places) entries.push(place);
    }
  });
  first.push(entries.length);
  return {
    month: Uint32Array.from(month),
    first: Uint32Array.from(first),
    entry: Uint32Array.from(entries),
  };
}
