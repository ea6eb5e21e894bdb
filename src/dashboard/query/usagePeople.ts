import type { Prepared } from "../release/prepared";
import { cover, type UsageCover } from "./usageCover";

/** The counts of people that a walk over usage fills. */
interface Counts {
  readonly byResource: { readonly users: Uint32Array };
  readonly bySchool: { readonly pairs: Float64Array };
  readonly byGrade: { readonly pairs: Float64Array };
  readonly bySchoolResource: { readonly users: Uint32Array };
}

/** A bit per kind of count in which a member is seen; their number is `bits`. */
const seenBy = { scope: 1, resource: 2, school: 4, schoolResource: 8, grade: 16 } as const;
const bits = 5;
const allSeen = (1 << bits) - 1;
const everyDay = 0xffff_ffff;

/** A run of a resource that more than one shown resource stands for, or one of several behind a shown resource. */
interface SharedRun {
  readonly run: number;
  readonly schoolDays: number;
  readonly gradeDays: number;
}

/**
 * Counts people once each, run after run: members of a pair (shown resource, cohort) by what was noted of them, people
 * who are several members by stamps on what their members have in common.
 */
export class UsagePeople {
  /** Per member: the pair at which it was last seen, and in which counts. */
  private readonly seen: Uint32Array;
  private pair = 0;
  private seenInPair = false;
  private shown = 0;
  private school = 0;
  private grade = 0;
  private simple = false;
  private readonly anyUse: Uint8Array;
  /** For people who are several members: the last shown resource (and 1) at which they were counted. */
  private readonly countedPerson: Uint32Array;
  private readonly countedAtSchool: Uint32Array;
  private readonly pairedAtSchool: Uint32Array;
  private readonly pairedInGrade: Uint32Array;
  private readonly shared = new Map<number, SharedRun[]>();
  private readonly simpleShown: Uint8Array;

  constructor(
    private readonly prepared: Prepared,
    private readonly counts: Counts,
  ) {
    const { people } = prepared;
    this.seen = new Uint32Array(people.members);
    this.anyUse = new Uint8Array(people.members);
    this.countedPerson = new Uint32Array(people.count);
    this.countedAtSchool = new Uint32Array(people.members);
    this.pairedAtSchool = new Uint32Array(people.members);
    this.pairedInGrade = new Uint32Array(people.members);
    this.simpleShown = simpleShown(prepared);
  }

  /** Goes on to the next (shown resource, cohort). */
  start(shown: number, rank: number): void {
    const { names } = this.prepared;
    this.pair++;
    this.seenInPair = false;
    this.shown = shown;
    this.school = names.schoolOfRank[rank] as number;
    this.grade = names.gradeOfRank[rank] as number;
    this.simple = this.simpleShown[shown] === 1;
  }

  /** Takes note of the runs of a group that is covered as a whole; `countMonths` counts their people. */
  countWhole(firstRun: number, endRun: number): void {
    if (this.simple) return;
    for (let run = firstRun; run < endRun; run++) this.share(run, everyDay, everyDay);
  }

  /** Counts the people of a pair who used it in any of these months, which are covered as a whole. */
  countMonths(pair: number, months: number): void {
    if (this.seenInPair) this.countFurther(pair, months);
    else this.countFirst(pair, months);
  }

  /** Nobody of the pair was counted yet, and nobody is listed twice. */
  private countFirst(pair: number, months: number): void {
    const { people, pairMembers, names } = this.prepared;
    const { first, member: members, months: used } = pairMembers;
    const { anyUse } = this;
    const { moved } = people;
    const end = first[pair + 1] as number;
    let count = 0;
    for (let at = first[pair] as number; at < end; at++) {
      if (((used[at] as number) & months) === 0) continue;
      const member = members[at] as number;
      anyUse[member] = 1;
      if (moved[member] === 1) this.note(member, allSeen);
      else count++;
    }
    const { byResource, bySchoolResource, bySchool, byGrade } = this.counts;
    const at = this.shown * names.schools.length + this.school;
    byResource.users[this.shown] = (byResource.users[this.shown] as number) + count;
    bySchoolResource.users[at] = (bySchoolResource.users[at] as number) + count;
    if (!this.simple) return;
    bySchool.pairs[this.school] = (bySchool.pairs[this.school] as number) + count;
    byGrade.pairs[this.grade] = (byGrade.pairs[this.grade] as number) + count;
  }

  private countFurther(pair: number, months: number): void {
    const { first, member: members, months: used } = this.prepared.pairMembers;
    const { seen } = this;
    const all = ((this.pair << bits) | allSeen) >>> 0;
    const end = first[pair + 1] as number;
    for (let at = first[pair] as number; at < end; at++) {
      if (((used[at] as number) & months) === 0) continue;
      const member = members[at] as number;
      const known = seen[member] as number;
      if (known === all) continue;
      seen[member] = all;
      this.note(member, allSeen & ~(known >>> bits === this.pair ? known : 0));
    }
  }

  countRun(run: number, { days, uniform }: UsageCover): void {
    const { runs, entries } = this.prepared.usage;
    const scope = days[cover.scope] as number;
    const resource = days[cover.resource] as number;
    const school = days[cover.school] as number;
    const schoolResource = days[cover.schoolResource] as number;
    const grade = days[cover.grade] as number;
    if (!this.simple) this.share(run, school, grade);
    this.seenInPair = true;
    const { member: members, days: used } = entries;
    const { seen } = this;
    const at = this.pair << bits;
    const end = runs.firstEntry[run + 1] as number;
    for (let entry = runs.firstEntry[run] as number; entry < end; entry++) {
      const mask = used[entry] as number;
      if ((mask & scope) === 0) continue;
      const member = members[entry] as number;
      const known = seen[member] as number;
      const before = known >>> bits === this.pair ? known & allSeen : 0;
      if (before === allSeen) continue;
      const now = uniform
        ? allSeen
        : seenBy.scope |
          ((mask & resource) !== 0 ? seenBy.resource : 0) |
          ((mask & school) !== 0 ? seenBy.school : 0) |
          ((mask & schoolResource) !== 0 ? seenBy.schoolResource : 0) |
          ((mask & grade) !== 0 ? seenBy.grade : 0);
      seen[member] = at | before | now;
      this.note(member, now & ~before);
    }
  }

  private note(member: number, fresh: number): void {
    const { people, names } = this.prepared;
    const person = people.person[member] as number;
    this.anyUse[member] = 1;
    const moved = people.moved[member] === 1;
    const { shown, school, grade, counts } = this;
    const atSchool = people.atSchool[member] as number;
    if ((fresh & seenBy.resource) !== 0 && !(moved && stamped(this.countedPerson, person, shown))) {
      counts.byResource.users[shown] = (counts.byResource.users[shown] as number) + 1;
    }
    if ((fresh & seenBy.schoolResource) !== 0 && !(moved && stamped(this.countedAtSchool, atSchool, shown))) {
      const at = shown * names.schools.length + school;
      counts.bySchoolResource.users[at] = (counts.bySchoolResource.users[at] as number) + 1;
    }
    if (!this.simple) return;
    if ((fresh & seenBy.school) !== 0 && !(moved && stamped(this.pairedAtSchool, atSchool, shown))) {
      counts.bySchool.pairs[school] = (counts.bySchool.pairs[school] as number) + 1;
    }
    const inGrade = people.inGrade[member] as number;
    if ((fresh & seenBy.grade) !== 0 && !(moved && stamped(this.pairedInGrade, inGrade, shown))) {
      counts.byGrade.pairs[grade] = (counts.byGrade.pairs[grade] as number) + 1;
    }
  }

  private share(run: number, schoolDays: number, gradeDays: number): void {
    const { names, usage } = this.prepared;
    const identity = names.identityOf[usage.runs.resource[run] as number] as number;
    if (identity < 0) return;
    const known = this.shared.get(identity);
    if (known === undefined) this.shared.set(identity, [{ run, schoolDays, gradeDays }]);
    else known.push({ run, schoolDays, gradeDays });
  }

  /** Counts the different resources that lie behind several shown ones, or several behind one. */
  finish(): void {
    const { people, names, usage } = this.prepared;
    const { runs, entries } = usage;
    const atSchool = new Uint32Array(people.members);
    const inGrade = new Uint32Array(people.members);
    let identity = 0;
    for (const sharedRuns of this.shared.values()) {
      for (const { run, schoolDays, gradeDays } of sharedRuns) {
        const end = runs.firstEntry[run + 1] as number;
        for (let entry = runs.firstEntry[run] as number; entry < end; entry++) {
          const member = entries.member[entry] as number;
          const mask = entries.days[entry] as number;
          const rank = people.rank[member] as number;
          if ((mask & schoolDays) !== 0 && !stamped(atSchool, people.atSchool[member] as number, identity)) {
            const { pairs } = this.counts.bySchool;
            const school = names.schoolOfRank[rank] as number;
            pairs[school] = (pairs[school] as number) + 1;
          }
          if ((mask & gradeDays) !== 0 && !stamped(inGrade, people.inGrade[member] as number, identity)) {
            const { pairs } = this.counts.byGrade;
            const grade = names.gradeOfRank[rank] as number;
            pairs[grade] = (pairs[grade] as number) + 1;
          }
        }
      }
      identity++;
    }
  }

  /** Distinct people with any use in the scope. */
  get users(): number {
    const { people } = this.prepared;
    const used = new Uint8Array(people.count);
    let users = 0;
    this.anyUse.forEach((one, member) => {
      const person = people.person[member] as number;
      if (one !== 1 || used[person] === 1) return;
      used[person] = 1;
      users++;
    });
    return users;
  }
}

/** Whether the place was stamped before; stamps it. */
function stamped(stamps: Uint32Array, place: number, stamp: number): boolean {
  if (stamps[place] === stamp + 1) return true;
  stamps[place] = stamp + 1;
  return false;
}

/** 1 for shown resources that are one different resource, which is shown nowhere else. */
function simpleShown({ names }: Prepared): Uint8Array {
  const simple = new Uint8Array(names.shown.length).fill(1);
  const shownOfIdentity = new Int32Array(names.identities).fill(-1);
  const seen = new Int32Array(names.shown.length).fill(-1);
  names.identityOf.forEach((identity, resource) => {
    const shown = names.shownOf[resource] as number;
    if (identity < 0 || (seen[shown] !== -1 && seen[shown] !== identity)) simple[shown] = 0;
    seen[shown] = identity;
    if (identity < 0) return;
    const other = shownOfIdentity[identity] as number;
    if (other === -1) shownOfIdentity[identity] = shown;
    else if (other !== shown) {
      simple[shown] = 0;
      simple[other] = 0;
    }
  });
  return simple;
}
