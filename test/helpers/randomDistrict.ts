import type { UserType } from "../../src/clever/reports";
import { randomStream } from "../../src/sample/random";
import type { ParticipationRow, UsageRow } from "./plainIndex";

export interface RandomOptions {
  readonly people: number;
  readonly schools: number;
  readonly grades: number;
  readonly resources: number;
  readonly firstDay: string;
  /** Calendar days. */
  readonly days: number;
  readonly teachers?: boolean;
  /** The share of students without a grade; default 0, or 0.05 if messy. */
  readonly ungraded?: number;
  /**
   * With the irregularities of real tables: rows without a person, blanks, renamed resources, reports that disagree, days
   * off, use without participation. Otherwise the reports agree in every number.
   */
  readonly messy?: boolean;
}

export interface RandomRows {
  readonly participation: readonly ParticipationRow[];
  readonly usage: readonly UsageRow[];
}

interface Person {
  readonly name: string;
  readonly userType: UserType;
  readonly grade: string | null;
  readonly schools: readonly [before: string | null, after: string | null];
  readonly movesAt: number;
  readonly keenness: number;
}

/** A small random district; the same seed gives the same district. */
export function randomDistrict(seed: number, options: RandomOptions): RandomRows {
  const random = randomStream(seed, "random district");
  const below = (end: number) => Math.floor(random() * end);
  const school = () => {
    const number = Math.floor(random() ** 2 * options.schools);
    return options.messy === true && number === options.schools - 1 ? null : `School ${number}`;
  };
  const ungraded = options.ungraded ?? (options.messy === true ? 0.05 : 0);
  const people = Array.from({ length: options.people }, (_, number): Person => {
    const first = school();
    const grade = Math.floor(random() ** 2 * options.grades);
    const teaches = options.teachers === true && random() < 0.2;
    return {
      name: `person ${number}`,
      userType: teaches ? "teachers" : "students",
      grade: teaches || (ungraded > 0 && random() < ungraded) ? null : String(grade + 1),
      schools: [first, random() < 0.15 ? school() : first],
      movesAt: below(options.days),
      keenness: random(),
    };
  });
  const kinds = ["app", "district-link", null];
  const resources = Array.from({ length: options.resources }, (_, number) => {
    const other = options.messy === true && number > 0 && random() < 0.2;
    return {
      id: options.messy === true && random() < 0.2 ? null : `r${other ? number - 1 : number}`,
      name: options.messy === true && random() < 0.1 ? null : `Resource ${random() < 0.1 ? 0 : number}`,
      type: kinds[number % 2] ?? null,
      liking: random() ** 3,
    };
  });
  const participation: ParticipationRow[] = [];
  const usage: UsageRow[] = [];
  for (let day = 0; day < options.days; day++) {
    const date = new Date(Date.parse(options.firstDay) + day * 86_400_000).toISOString().slice(0, 10);
    const weekend = [0, 6].includes(new Date(date).getUTCDay());
    const level = options.messy === true && weekend ? 0.02 : 1;
    if (options.messy === true && random() < 0.05) continue;
    const noParticipation = options.messy === true && random() < 0.05;
    for (const person of people) {
      if (random() < 0.1) continue;
      const row = {
        userType: person.userType,
        date,
        person: options.messy === true && random() < 0.03 ? null : person.name,
        school: person.schools[day < person.movesAt ? 0 : 1],
        grade: person.grade,
      };
      const used = resources
        .filter(({ liking }) => random() < liking * person.keenness * level)
        .map((resource) => ({ ...row, ...resource, accesses: 1 + below(4) }));
      for (const { liking: _, ...one } of used) {
        usage.push(one);
        if (options.messy === true && random() < 0.02) usage.push({ ...one, accesses: null });
      }
      if (noParticipation) continue;
      const unlike = options.messy === true && random() < 0.05;
      participation.push({
        ...row,
        active: used.length > 0 || unlike,
        logins: unlike ? null : used.reduce((sum, { accesses }) => sum + accesses, 0),
        resources: used.length + Number(unlike),
      });
    }
  }
  return { participation, usage };
}
