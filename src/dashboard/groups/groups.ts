import { userTypes } from "../../clever/reports";
import type { ReportKind } from "../answer";
import { lowestBit } from "../calendar";
import type { ParticipationIndex } from "../index/participationIndex";
import type { Counting } from "../opening";
import { type DayKinds, dayKindsOf } from "./dayKinds";
import { addDays, type Days, daysOf, monthDays } from "./days";
import { divide } from "./division";
import { type Names, namesOf } from "./names";
import { type People, peopleOf } from "./people";

/** The division of people into groups, computed once for all questions. */
export interface Groups extends Counting {
  /** The cohorts of each group, and the group of each cohort. */
  readonly groups: readonly (readonly number[])[];
  readonly groupOf: Uint32Array;
  /**
   * Per group and month (`group * months + month`): the days that count, on which the reports have at least
   * `minimumGroupSize` of its people; and the days with rows that do not count.
   */
  readonly counted: Uint32Array;
  readonly uncounted: Uint32Array;
  /** Per group: 1 if any day counts. */
  readonly everCounts: Uint8Array;
  /**
   * Days on which a report has no row of a user type although the other report proves that there was use: per user type
   * and month (`type * months + month`). Only groups of a single user type that ever count decide and, about what their
   * people used, only days that count: otherwise it would be a statement about fewer people than a group has. A report
   * that was never delivered for a user type is not reported as missing on individual days.
   */
  readonly missing: { readonly [Report in ReportKind]: Uint32Array };
  /** The kinds of days, by the groups that ever count. */
  readonly kinds: DayKinds;
  /**
   * Per shown resource: 1 if anybody used it on a day that counts. The names of others are not told: it would be a
   * statement about fewer people than a group has.
   */
  readonly usedResources: Uint8Array;
  readonly lists: Lists;
  /** How many people a list of cohorts has, as the division counts them. */
  readonly sizeOf: (cohorts: readonly number[]) => number;
}

export interface Lists {
  /** The district as a list of one entry. */
  readonly everyone: Places;
  /** By their numbers in `Names`. */
  readonly schools: Places;
  /**
   * By their numbers in `Names`. A group of enough students of one grade, joined by students without a grade, has that
   * grade, and all of its cohorts count with it.
   */
  readonly grades: Places;
}

/** The entries of a list: schools, or grades. */
export interface Places {
  readonly count: number;
  /** Per cohort: the entry that it belongs to, and the one that counts it: -1 if its group spans several. */
  readonly of: Uint32Array;
  readonly countedIn: Int32Array;
}

/** An index with the facts derived from it alone. */
export interface Facts {
  readonly index: ParticipationIndex;
  readonly names: Names;
  readonly people: People;
  readonly days: Days;
  /** Per month: the first run of each resource in `usageRuns`, plus the end of the last. */
  readonly firstRuns: readonly Uint32Array[];
}

/** The share of a cohort's days that may have fewer people than its nominal size: people join and leave. */
const thinShare = 0.1;
/** How many of the newest days show how many people a cohort has now. */
const newestDays = 5;

const cachedFacts = new WeakMap<ParticipationIndex, Facts>();
const cachedGroups = new WeakMap<ParticipationIndex, Groups>();

/** Derives facts from an index, once per index. */
export function factsOf(index: ParticipationIndex): Facts {
  const cached = cachedFacts.get(index);
  if (cached) return cached;
  const firstRuns = index.months.map(({ usageRuns }) => startsOf(usageRuns.resource, index.resources.length));
  const names = namesOf(index, firstRuns);
  const people = peopleOf(index);
  const days = daysOf(index, people);
  const facts = { index, names, people, days, firstRuns };
  cachedFacts.set(index, facts);
  return facts;
}

/** The division of an index, cached for the most recent settings. */
export function groupsOf(facts: Facts, { minimumGroupSize, keepWhole }: Counting): Groups {
  const { index } = facts;
  const cached = cachedGroups.get(index);
  if (cached?.minimumGroupSize === minimumGroupSize && cached.keepWhole === keepWhole) return cached;
  const sizeOf = (cohorts: readonly number[]) => usualPeople(facts, cohorts);
  const groups = divide(index.cohorts, sizeOf, minimumGroupSize, keepWhole);
  const groupOf = new Uint32Array(index.cohorts.length);
  groups.forEach((cohorts, group) => {
    for (const cohort of cohorts) groupOf[cohort] = group;
  });
  const { names } = facts;
  const placesOf = (count: number, of: Uint32Array): Places => {
    const entries = groups.map((cohorts) => commonValue(of, cohorts));
    const countedIn = Int32Array.from(groupOf, (group) => entries[group] as number);
    return { count, of, countedIn };
  };
  const noGrade = names.grades.indexOf(null);
  const gradeOf = names.gradeOf.slice();
  for (const cohorts of groups) {
    const graded = cohorts.filter((cohort) => names.gradeOf[cohort] !== noGrade);
    const grade = commonValue(names.gradeOf, graded);
    // Otherwise a few students without a grade would suppress a whole grade. Teachers never have one.
    if (graded.length === cohorts.length || grade < 0 || commonValue(names.typeOf, cohorts) < 0) continue;
    if (sizeOf(graded) >= minimumGroupSize) for (const cohort of cohorts) gradeOf[cohort] = grade;
  }
  const days = countedDays(facts, groups, groupOf, minimumGroupSize);
  const missing = missingDays(facts, groups, days);
  const result = {
    minimumGroupSize,
    keepWhole,
    groups,
    groupOf,
    ...days,
    missing,
    kinds: dayKindsOf(index, facts.days, groupOf, { ...days, missing }),
    usedResources: usedResources(facts, groupOf, days.counted),
    lists: {
      everyone: placesOf(1, new Uint32Array(groupOf.length)),
      schools: placesOf(names.schools.length, names.schoolOf),
      grades: placesOf(names.grades.length, gradeOf),
    },
    sizeOf,
  };
  cachedGroups.set(index, result);
  return result;
}

/** The value that all of these cohorts have; -1 if they have none or several. */
function commonValue(of: Uint32Array, cohorts: readonly number[]): number {
  const [first = -1, ...others] = new Set(cohorts.map((cohort) => of[cohort] as number));
  return others.length === 0 ? first : -1;
}

/** The start of each value in an ascending list of numbers. */
function startsOf(ascending: Uint32Array, count: number): Uint32Array {
  const starts = new Uint32Array(count + 1).fill(ascending.length);
  for (let at = ascending.length - 1; at >= 0; at--) starts[ascending[at] as number] = at;
  for (let number = count - 1; number >= 0; number--) {
    starts[number] = Math.min(starts[number] as number, starts[number + 1] as number);
  }
  return starts;
}

/**
 * The number of people that the cohorts reach on nine out of ten of their days. Days with less than half or more than
 * twice as many people as the newest ones do not decide: grades come from the newest roster, so last year's days have
 * other people. Nor do days without daily participation of a cohort that otherwise has it: users of resources alone are
 * fewer, and a report that comes late must not change the division.
 */
function usualPeople({ index, days }: Facts, cohorts: readonly number[]): number {
  const months = index.months.length;
  const deciding = cohorts.map((cohort) => {
    const participated = days.participated.subarray(cohort * months, (cohort + 1) * months);
    const participates = participated.some((mask) => mask !== 0);
    return participates ? participated : days.used.subarray(cohort * months, (cohort + 1) * months);
  });
  const people = new Uint32Array(months * monthDays);
  let length = 0;
  for (let month = 0; month < months; month++) {
    let left = 0;
    for (const masks of deciding) left |= masks[month] as number;
    for (; left !== 0; left &= left - 1) {
      const day = lowestBit(left);
      let count = 0;
      for (let at = 0; at < cohorts.length; at++) {
        const slot = (cohorts[at] as number) * months + month;
        const isIn = (((deciding[at] as Uint32Array)[month] as number) >>> day) & 1;
        count += isIn * (days.present[slot * monthDays + day] as number);
      }
      if (count > 0) people[length++] = count;
    }
  }
  const now = people.slice(Math.max(0, length - newestDays), length).sort();
  const usual = now[now.length >>> 1] ?? 0;
  let similar = 0;
  for (let at = 0; at < length; at++) {
    const count = people[at] as number;
    if (2 * count >= usual && count <= 2 * usual) people[similar++] = count;
  }
  return people.subarray(0, similar).sort()[Math.floor(similar * thinShare)] ?? 0;
}

function countedDays(
  { index, people, days }: Facts,
  groups: readonly (readonly number[])[],
  groupOf: Uint32Array,
  minimum: number,
) {
  const months = index.months.length;
  const length = months * monthDays;
  const counted = new Uint32Array(groups.length * months);
  const uncounted = new Uint32Array(counted.length);
  const twice = countedTwice({ index, people }, groupOf, length);
  groups.forEach((cohorts, group) => {
    for (let month = 0; month < months; month++) {
      let participated = 0;
      let used = 0;
      for (const cohort of cohorts) {
        participated |= days.participated[cohort * months + month] as number;
        used |= days.used[cohort * months + month] as number;
      }
      let enough = 0;
      for (let left = participated | used; left !== 0; left &= left - 1) {
        const bit = left & -left;
        const day = month * monthDays + lowestBit(left);
        let count = -(twice.get(group * length + day) ?? 0);
        for (const cohort of cohorts) {
          // Where the group has participation rows for the day, only its cohorts with such rows are in the report.
          const isIn = (days.participated[cohort * months + month] as number) & bit || !(participated & bit);
          if (isIn) count += days.present[cohort * length + day] as number;
        }
        if (count >= minimum || minimum <= 1) enough |= bit;
      }
      counted[group * months + month] = enough;
      uncounted[group * months + month] = (participated | used) & ~enough;
    }
  });
  const everCounts = Uint8Array.from(groups, (_, group) =>
    Number(counted.subarray(group * months, (group + 1) * months).some((mask) => mask !== 0)),
  );
  return { counted, uncounted, everCounts };
}

function usedResources(
  { index: { months }, names, firstRuns }: Facts,
  groupOf: Uint32Array,
  counted: Uint32Array,
): Uint8Array {
  const isUsed = (resource: number) =>
    months.some(({ usageRuns: { cohort, days } }, month) => {
      const [start, end] = (firstRuns[month] as Uint32Array).subarray(resource, resource + 2);
      const runs = cohort.subarray(start, end);
      return runs.some((each, run) => {
        const group = groupOf[each] as number;
        const used = days[(start as number) + run] as number;
        return (used & (counted[group * months.length + month] as number)) !== 0;
      });
    });
  return Uint8Array.from(names.resourcesOf, (resources) => Number(resources.some(isUsed)));
}

function missingDays(
  { names, days }: Facts,
  groups: readonly (readonly number[])[],
  { counted, everCounts }: Pick<Groups, "counted" | "everCounts">,
): Groups["missing"] {
  const months = days.monthStarts.length;
  const ofTypes = (masks: Uint32Array, daysOf: (group: number, month: number) => number) => {
    const all = new Uint32Array(userTypes.length * months);
    groups.forEach((cohorts, group) => {
      const type = commonValue(names.typeOf, cohorts);
      if (type < 0 || everCounts[group] !== 1) return;
      for (const cohort of cohorts) {
        for (let month = 0; month < months; month++) {
          const mask = (masks[cohort * months + month] as number) & daysOf(group, month);
          addDays(all, type * months + month, mask);
        }
      }
    });
    return all;
  };
  const missing = (proof: Uint32Array, report: Uint32Array) =>
    proof.map((mask, at) => {
      const type = Math.floor(at / months);
      const ever = report.subarray(type * months, (type + 1) * months).some((days) => days !== 0);
      return ever ? mask & ~(report[at] as number) : 0;
    });
  const countedIn = (group: number, month: number) => counted[group * months + month] as number;
  return {
    // Without this report, a day often does not count. That a few people have rows on such a day is told anyway.
    dailyParticipation: missing(
      ofTypes(days.used, () => -1),
      ofTypes(days.participated, () => -1),
    ),
    resourceUsage: missing(ofTypes(days.withUse, countedIn), ofTypes(days.used, countedIn)),
  };
}

/** By group and day: how many people are counted more than once because they are in several of its cohorts. */
function countedTwice(
  { index, people: { several } }: Pick<Facts, "index" | "people">,
  groupOf: Uint32Array,
  length: number,
): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const { month, entries } of several) {
    const { member, present } = (index.months[month] as ParticipationIndex["months"][number]).attendance;
    const seen = new Map<number, number>();
    for (const entry of entries) {
      const group = groupOf[index.members.cohort[member[entry] as number] as number] as number;
      const before = seen.get(group) ?? 0;
      for (let left = before & (present[entry] as number); left !== 0; left &= left - 1) {
        const key = group * length + month * monthDays + lowestBit(left);
        found.set(key, (found.get(key) ?? 0) + 1);
      }
      seen.set(group, before | (present[entry] as number));
    }
  }
  return found;
}
