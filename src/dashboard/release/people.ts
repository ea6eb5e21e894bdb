import type { ParticipationIndex } from "../index/participationIndex";
import type { Numbering } from "./names";

/**
 * Members by what they have in common. A person who changed schools is several members and must count once where
 * their cohorts are counted together: members of a person share `person`, those at one school also `atSchool`.
 */
export interface People {
  readonly count: number;
  readonly members: number;
  readonly person: Uint32Array;
  readonly rank: Uint32Array;
  /** The first member of the same person at the same school, or in the same grade. */
  readonly atSchool: Uint32Array;
  readonly inGrade: Uint32Array;
  /** 1 where the person has other members. */
  readonly moved: Uint8Array;
}

export function people(index: ParticipationIndex, names: Numbering): People {
  const { person, rank } = names;
  const members = person.length;
  const identity = Uint32Array.from(person, (_, member) => member);
  const result = {
    count: index.people,
    members,
    person,
    rank,
    atSchool: identity,
    inGrade: identity.slice(),
    moved: new Uint8Array(members),
  };
  const firstOf = new Int32Array(index.people).fill(-1);
  const several = new Map<number, number[]>();
  person.forEach((number, member) => {
    const first = firstOf[number] as number;
    if (first < 0) {
      firstOf[number] = member;
      return;
    }
    const others = several.get(number) ?? [first];
    result.moved[first] = 1;
    result.moved[member] = 1;
    const same = (of: Uint32Array) =>
      others.find((other) => of[rank[other] as number] === of[rank[member] as number]) ?? member;
    result.atSchool[member] = same(names.schoolOfRank);
    result.inGrade[member] = same(names.gradeOfRank);
    others.push(member);
    several.set(number, others);
  });
  return result;
}
