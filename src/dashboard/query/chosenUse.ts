import type { Shown, Use } from "../answer";
import { lowestBit } from "../calendar";
import type { Facts, Groups } from "../groups";
import { Pacer } from "../pacer";
import type { AttendanceSums, AttendanceTotals } from "./attendance";
import { people, shown } from "./parts";
import type { Scope } from "./scope";
import { eachRunOf } from "./usage";

/** Use of the resources that a filter chooses. */
export interface ChosenUse {
  readonly days: readonly UseSums[];
  readonly schools: readonly UseSums[];
  readonly grades: readonly UseSums[];
}

class UseSums {
  users = 0;
  personDays = 0;
  accesses = 0;
}

const sums = (count: number) => Array.from({ length: count }, () => new UseSums());

/** Throws the signal's reason when aborted. */
export async function chosenUse(
  facts: Facts,
  groups: Groups,
  scope: Scope,
  { days, schools, grades }: AttendanceTotals,
  signal: AbortSignal | undefined,
): Promise<ChosenUse> {
  const { index, names, people: known, days: allDays } = facts;
  const months = allDays.monthStarts.length;
  const result = { days: sums(days.length), schools: sums(schools.length), grades: sums(grades.length) };
  const personDays = new Uint32Array(index.people * months);
  const [atSchool, inGrade] = [
    new Uint8Array(index.members.person.length),
    new Uint8Array(index.members.person.length),
  ];
  const pacer = new Pacer(signal);
  for (let resource = 0; resource < scope.resources.length; resource++) {
    if (scope.resources[resource] !== 1) continue;
    if (pacer.due) await pacer.pause();
    for (const each of names.resourcesOf[resource] ?? []) {
      eachRunOf(facts, scope, each, ({ usageRuns, usage, usageCells }, run, mask, start, month) => {
        const cohort = usageRuns.cohort[run] as number;
        const group = groups.groupOf[cohort] as number;
        const school =
          (groups.schoolOf[group] as number) < 0
            ? undefined
            : result.schools[names.schoolOf[cohort] as number];
        const grade =
          (groups.gradeOf[group] as number) < 0
            ? undefined
            : result.grades[groups.countedGrade[cohort] as number];
        for (
          let cell = usageRuns.firstCell[run] as number;
          cell < (usageRuns.firstCell[run + 1] as number);
          cell++
        ) {
          const day = usageCells.day[cell] as number;
          if ((mask & (1 << day)) === 0) continue;
          for (const part of [result.days[start + day], school, grade]) {
            if (part === undefined) continue;
            part.personDays += usageCells.rows[cell] as number;
            part.accesses += usageCells.accesses[cell] as number;
          }
        }
        for (
          let at = usageRuns.firstPerson[run] as number;
          at < (usageRuns.firstPerson[run + 1] as number);
          at++
        ) {
          const used = (usage.days[at] as number) & mask;
          if (used === 0) continue;
          const member = usage.member[at] as number;
          const place = (index.members.person[member] as number) * months + month;
          personDays[place] = (personDays[place] as number) | used;
          if (school) atSchool[known.atSchool[member] as number] = 1;
          if (grade) inGrade[groups.inGrade[member] as number] = 1;
        }
      });
    }
  }
  personDays.forEach((mask, place) => {
    const start = (allDays.monthStarts[place % months] as number) - scope.from;
    for (let left = mask; left !== 0; left &= left - 1) {
      const day = result.days[start + lowestBit(left)];
      if (day) day.users++;
    }
  });
  const count = (marks: Uint8Array, partOf: (cohort: number) => UseSums | undefined) => {
    marks.forEach((mark, member) => {
      const part = mark === 1 ? partOf(index.members.cohort[member] as number) : undefined;
      if (part) part.users++;
    });
  };
  count(atSchool, (cohort) => result.schools[names.schoolOf[cohort] as number]);
  count(inGrade, (cohort) => result.grades[groups.countedGrade[cohort] as number]);
  return result;
}

/** For a part of a question; `isKnown` is false where the report is missing. */
export function useOf(
  use: UseSums | undefined,
  part: AttendanceSums,
  minimum: number,
  isKnown = true,
): { readonly use?: Use } {
  if (use === undefined) return {};
  const sum = (value: number): Shown => (isKnown ? shown(value, part) : null);
  return {
    use: {
      users: isKnown ? people(use.users, part, minimum) : null,
      personDays: sum(use.personDays),
      accesses: sum(use.accesses),
    },
  };
}
