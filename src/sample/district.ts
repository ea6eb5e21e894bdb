import * as z from "zod";
import { CleverLakeError } from "../basics/errors";
import type { UserType } from "../clever/reports";
import { schoolDays } from "./calendar";
import { type SamplePerson, samplePeople, tinySchool } from "./people";
import { type SampleResource, sampleResources } from "./resources";
import { type SampleSchool, sampleSchools } from "./schools";

export interface SampleOptions {
  /** A whole number; another seed gives another district. Default 1. */
  readonly seed?: number;
  /** People of each user type who are ever part of the district. */
  readonly students: number;
  readonly teachers: number;
  readonly staff: number;
  readonly schools: number;
  /** School days; weekends, holidays and breaks do not count. */
  readonly days: number;
  /** `yyyy-MM-dd`; the district's first school day is this one or the next. Default 2025-08-25. */
  readonly firstDay?: string;
  /** Changes over time; without any, the district does not change. */
  readonly changes?: readonly SampleChange[];
}

/** From a school day on, counted from the district's first (0), a resource or a school is used more or less. */
export type SampleChange = { readonly schoolDay: number; readonly factor: number } & (
  | { readonly resource: string }
  | { readonly school: string }
);

/** A fictitious district, from which its reports are generated. */
export interface SampleDistrict {
  readonly seed: number;
  /** The school days, `yyyy-MM-dd`, ascending. */
  readonly days: readonly string[];
  readonly schools: readonly SampleSchool[];
  /** The school with fewer students than the default minimum group size; exists from 4 schools and 200 students on. */
  readonly tinySchool: SampleSchool | undefined;
  readonly resources: readonly SampleResource[];
  readonly people: Readonly<Record<UserType, readonly SamplePerson[]>>;
}

const minCounts = { students: 0, teachers: 0, staff: 0, schools: 1, days: 1 } as const;

function wrong(subject: string, message: string): CleverLakeError {
  return new CleverLakeError("config", message, { subject });
}

function checkOptions(options: SampleOptions): void {
  for (const name of ["students", "teachers", "staff", "schools", "days"] as const) {
    const minimum = minCounts[name];
    if (!Number.isSafeInteger(options[name]) || options[name] < minimum)
      throw wrong(name, `The sample district's ${name} must be a whole number, ${minimum} or more.`);
  }
  if (options.seed !== undefined && !Number.isSafeInteger(options.seed))
    throw wrong("seed", "The sample district's seed must be a whole number.");
  if (options.firstDay !== undefined && !z.iso.date().safeParse(options.firstDay).success)
    throw wrong("firstDay", "The sample district's first day must be a date such as 2025-08-25.");
}

function nameOf(subject: { readonly resource: string } | { readonly school: string }): string {
  return "resource" in subject ? subject.resource : subject.school;
}

/**
 * Creates a district from a seed. The same options give the same district. `days` only limits how far its reports go:
 * a person's data on a day is the same in a longer one. Throws `config` for invalid counts or dates, and for changes
 * to something that the district does not have.
 */
export function sampleDistrict(options: SampleOptions): SampleDistrict {
  checkOptions(options);
  const { seed = 1, firstDay = "2025-08-25" } = options;
  const calendar = schoolDays(firstDay);
  const known: string[] = [];
  const schoolDay = (n: number): string => {
    for (;;) {
      const day = known[n];
      if (day !== undefined) return day;
      known.push(calendar.next().value);
    }
  };
  const { changes = [] } = options;
  const changed = new Map(
    changes.map(({ schoolDay: n, factor, ...subject }) => [nameOf(subject), { onDay: schoolDay(n), factor }]),
  );
  const withChange = <T extends { readonly name: string }>(subject: T): T => {
    const change = changed.get(subject.name);
    return change ? { ...subject, changed: change } : subject;
  };
  const schools = sampleSchools(seed, options.schools).map(withChange);
  const tiny = tinySchool(schools, options.students);
  const people = (userType: UserType): SamplePerson[] =>
    samplePeople(seed, userType, options[userType], schools, tiny);
  schoolDay(options.days - 1);
  const resources = sampleResources(seed, schools, schoolDay).map(withChange);
  for (const name of changed.keys()) {
    if ([...schools, ...resources].some((subject) => subject.name === name)) continue;
    throw wrong(name, "The sample district does not have the resource or school to be changed.");
  }
  return {
    seed,
    days: known.slice(0, options.days),
    schools,
    tinySchool: tiny,
    resources,
    people: { students: people("students"), teachers: people("teachers"), staff: people("staff") },
  };
}
