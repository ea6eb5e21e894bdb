import type { ParticipationIndex } from "./index/participationIndex";
import type { Names } from "./names";

/**
 * Groups members that are the same person. A person who changed schools is a member of several cohorts and must count
 * once where these are counted together: `atSchool` and `inGrade` are that person's first member there.
 */
export interface People {
  readonly atSchool: Uint32Array;
  readonly inGrade: Uint32Array;
  /** 1 where the person has further members. */
  readonly moved: Uint8Array;
  /** One month's rows of people with several members in it, from `first[at]` up to `first[at + 1]`. */
  readonly several: {
    readonly month: Uint32Array;
    readonly first: Uint32Array;
    /** Indexes into the month's `attendance`. */
    readonly entry: Uint32Array;
  };
}

export function peopleOf(index: ParticipationIndex, { schoolOf, gradeOf }: Names): People {
  const { person, cohort } = index.members;
  const atSchool = Uint32Array.from(person, (_, member) => member);
  const inGrade = atSchool.slice();
  const moved = new Uint8Array(person.length);
  const firstOf = new Int32Array(index.people).fill(-1);
  const membersOf = new Map<number, number[]>();
  for (let member = 0; member < person.length; member++) {
    const number = person[member] as number;
    const first = firstOf[number] as number;
    if (first < 0) {
      firstOf[number] = member;
      continue;
    }
    const others = membersOf.get(number) ?? [first];
    moved[first] = 1;
    moved[member] = 1;
    const same = (of: Uint32Array) =>
      others.find((other) => of[cohort[other] as number] === of[cohort[member] as number]) ?? member;
    atSchool[member] = same(schoolOf);
    inGrade[member] = same(gradeOf);
    others.push(member);
    membersOf.set(number, others);
  }
  return { atSchool, inGrade, moved, several: severalEntries(index, moved) };
}

function severalEntries({ months, members }: ParticipationIndex, moved: Uint8Array): People["several"] {
  const month: number[] = [];
  const first: number[] = [];
  const entries: number[] = [];
  months.forEach(({ attendance }, number) => {
    const ofPerson = new Map<number, number[]>();
    attendance.member.forEach((member, entry) => {
      if (moved[member] !== 1) return;
      const person = members.person[member] as number;
      const known = ofPerson.get(person);
      if (known) known.push(entry);
      else ofPerson.set(person, [entry]);
    });
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
