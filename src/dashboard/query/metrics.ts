import * as z from "zod";
import { type UserType, userTypes } from "../../clever/reports";
import { CleverLakeError } from "../../errors";
import type { Comparison, MissingReport, People, ReportKind, Shown, Withheld } from "../answer";
import { dayNumber, isoDate } from "../calendar";
import type { DashboardFilter } from "../filter";
import type { DayKinds } from "../groups/dayKinds";
import { factsOf, groupsOf } from "../groups/groups";
import { compareNames } from "../groups/names";
import type { ParticipationIndex } from "../index/participationIndex";
import { defaultSchoolYearStart, type KeepWhole } from "../opening";
import { namesIn, requireKnownNames } from "../unknownNames";
import { type AnswerOptions, optionsOf } from "./answer";
import type { AttendanceSums } from "./attendance";
import { comparisonOf } from "./comparison";
import {
  dayEntries,
  isThere,
  resourceEntries,
  schoolEntries,
  schoolResourceEntries,
  unlessAbsent,
} from "./entries";
import { type Found, find } from "./found";
import { scopeOf } from "./scope";
import { missingReports, withheldIn } from "./withheld";

const names = z.array(z.string()).readonly();

const filterSchema = z
  .strictObject({
    /** First and last day, inclusive. */
    from: z.iso.date().optional(),
    to: z.iso.date().optional(),
    /** A period to compare with, inclusive. */
    compareFrom: z.iso.date().optional(),
    compareTo: z.iso.date().optional(),
    /** Values of `school_name`. A list that is omitted or empty does not filter. */
    schools: names.optional(),
    /** Values of `resource_name` and `resource_type`; resource usage only. */
    resources: names.optional(),
    resourceTypes: names.optional(),
    userTypes: z.array(z.enum(userTypes)).min(1).readonly().default(["students"]),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ["to"],
    message: "lies before from",
  })
  .refine(({ compareFrom, compareTo }) => (compareFrom === undefined) === (compareTo === undefined), {
    path: ["compareTo"],
    message: "first and last day of the period to compare with are given together",
  })
  .refine(({ compareFrom, compareTo }) => !compareFrom || !compareTo || compareFrom <= compareTo, {
    path: ["compareTo"],
    message: "lies before compareFrom",
  });

/** Which rows a question is about. */
export type MetricsFilter = z.output<typeof filterSchema>;

/** A filter as callers write it: user types default to students. */
export type MetricsFilterInput = z.input<typeof filterSchema>;

/** The document of `metrics --json`: the dashboard's numbers in compact form. */
export interface ParticipationMetrics<Count extends People = Shown> extends Suppressible {
  readonly filter: MetricsFilter;
  readonly minimumGroupSize: number;
  readonly keepWhole: KeepWhole;
  /** Groups, and days of groups, that no number includes. */
  readonly withheld: Pick<Withheld, "filter" | "schools" | "days">;
  /** Reports that are missing in the range: sums do not include them. */
  readonly missing: readonly MissingReport[];
  /** Reports that have no row of the people counted, although the other one shows their use. Their numbers are `null`. */
  readonly absent: readonly ReportKind[];
  readonly users: Count;
  readonly days: Shown;
  readonly activeUsers: Count;
  /** By name. */
  readonly bySchool: readonly (Suppressible & {
    /** `null` groups the rows without a school's name. */
    readonly school_name: string | null;
    readonly users: Count;
    readonly averageResources: Shown;
    readonly averageLogins: Shown;
    readonly averageDistinctResources: Shown;
    /** Reports that have no row of the school, although the other one shows its use. Their numbers are `null`. */
    readonly absent?: readonly ReportKind[];
  })[];
  /** By date, `yyyy-MM-dd`; days with rows. */
  readonly byDay: readonly (Suppressible & {
    readonly date: string;
    /** Reports that are missing on the day; their numbers are `null`. */
    readonly missing?: readonly ReportKind[];
    readonly logins: Shown;
    readonly resources: Shown;
    readonly activeUsers: Count;
    readonly distinctResources: Shown;
  })[];
  /** Most rows first, then by name and type. */
  readonly topResources: readonly (Suppressible & {
    readonly resource_name: string | null;
    readonly resource_type: string | null;
    readonly rows: Shown;
    readonly accesses: Shown;
    readonly users: Count;
  })[];
  /** Use per school day compared with another period; present only if the filter names one. */
  readonly comparison?: Comparison;
  /** For the five resources with the most users, in that order, then by school. */
  readonly topResourcesBySchool: readonly (Suppressible & {
    readonly school_name: string | null;
    readonly resource_name: string | null;
    readonly users: Count;
  })[];
}

/** `true` where a number is withheld, or is below the minimum group size. */
interface Suppressible {
  readonly suppressed?: true;
}

const resourcesBySchool = 5;

/** Validates a filter from outside. Rejects with code `config`, naming the invalid part but not its value. */
export function parseMetricsFilter(input: unknown): MetricsFilter {
  const result = filterSchema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message, code }) =>
    code === "unrecognized_keys" ? "unknown part" : `${path.join(".") || "filter"}: ${message}`,
  );
  throw new CleverLakeError("config", `The filter cannot be used (${problems.join("; ")}).`, {
    subject: "metrics filter",
    hint: `Dates are yyyy-MM-dd, from not after to; user types are ${userTypes.join(", ")}.`,
  });
}

/**
 * Participation metrics from the tables. Rejects with `config` for an invalid filter and, with the closest names, for
 * one that names something no row has.
 *
 * @param index undefined if the tables are empty
 */
export async function participationMetrics(
  index: ParticipationIndex | undefined,
  input: MetricsFilterInput,
  counting: Pick<AnswerOptions, "minimumGroupSize" | "keepWhole">,
  signal?: AbortSignal,
): Promise<ParticipationMetrics<People>> {
  const filter = parseMetricsFilter(input);
  const { minimumGroupSize, keepWhole } = counting;
  const common = { filter, minimumGroupSize, keepWhole };
  if (index === undefined) {
    requireKnownNames(filter, {});
    return { ...common, ...nothing };
  }
  const facts = factsOf(index);
  requireKnownNames(
    filter,
    namesIn(optionsOf(index, { ...counting, schoolYearStart: defaultSchoolYearStart })),
  );
  const groups = groupsOf(facts, minimumGroupSize, keepWhole);
  const scope = scopeOf(facts, groups, filterOf(filter, groups.kinds.span), defaultSchoolYearStart);
  const found = await find(scope, signal);
  const { filter: cut, schools, days } = withheldIn(scope);
  const { compareFrom, compareTo } = filter;
  const other =
    compareFrom && compareTo ? { from: dayNumber(compareFrom), to: dayNumber(compareTo) } : undefined;
  return {
    ...common,
    withheld: { filter: cut, schools, days },
    missing: missingReports(scope),
    absent: scope.absent,
    ...numbers(found),
    ...(other ? { comparison: await comparisonOf(scope, other, undefined, signal) } : {}),
  };
}

const nothing = {
  withheld: { filter: [], schools: [], days: [] },
  missing: [],
  absent: [],
  users: 0,
  days: 0,
  activeUsers: 0,
  bySchool: [],
  byDay: [],
  topResources: [],
  topResourcesBySchool: [],
} as const;

function filterOf(filter: MetricsFilter, span: DayKinds["span"]): DashboardFilter {
  const from = filter.from === undefined ? span.first : dayNumber(filter.from);
  const to = filter.to === undefined ? span.last : dayNumber(filter.to);
  // An open end is the end of the data. A bound beyond the data gives a single day there, which has no data either.
  const range =
    filter.from === undefined
      ? { from: isoDate(Math.min(from, to)), to: isoDate(to) }
      : { from: isoDate(from), to: isoDate(Math.max(from, to)) };
  return {
    range,
    schools: [...(filter.schools ?? [])],
    resources: [...(filter.resources ?? [])],
    resourceTypes: [...(filter.resourceTypes ?? [])],
    userTypes: [...filter.userTypes] as UserType[],
    grades: [],
  };
}

function numbers(found: Found) {
  const { attendance, scope } = found;
  const { total } = attendance;
  const { entries, order } = resourceEntries(found);
  return {
    users: unlessAbsent(scope, ["dailyParticipation"], total.people(total.users)),
    days: total.shown(attendance.countedDays),
    ...(total.isWithheld ? { suppressed: true as const } : {}),
    activeUsers: unlessAbsent(scope, ["dailyParticipation"], total.people(total.activeUsers)),
    bySchool: schoolEntries(found).map(({ school, absent, ...entry }) => ({
      school_name: school,
      users: entry.users,
      averageResources: entry.averageResources,
      averageLogins: entry.averageLogins,
      averageDistinctResources: entry.distinctResourcesPerUser,
      // The number of users is then unknown, and not withheld.
      ...(absent?.includes("dailyParticipation") ? {} : suppressed(entry.users)),
      ...(absent ? { absent } : {}),
    })),
    byDay: dayEntries(found).flatMap((entry, place) => {
      const { date, missing, logins, resources, activeUsers, distinctResources } = entry;
      const part = attendance.days[place] as AttendanceSums;
      if (!isThere(part)) return [];
      const numbers = { date, logins, resources, activeUsers, distinctResources };
      return [{ ...numbers, ...suppressed(part.people(part.personDays)), ...(missing ? { missing } : {}) }];
    }),
    topResources: entries
      .map(({ resource, type, rows, accesses, users }) => ({
        resource_name: resource,
        resource_type: type,
        rows,
        accesses,
        users,
        ...suppressed(users),
      }))
      .sort(
        (a, b) =>
          (b.rows ?? 0) - (a.rows ?? 0) ||
          compareNames(a.resource_name, b.resource_name) ||
          compareNames(a.resource_type, b.resource_type),
      ),
    topResourcesBySchool: schoolResourceEntries(found, order, resourcesBySchool).map(
      ({ school, resource, users }) => ({
        school_name: school,
        resource_name: resource,
        users,
        ...suppressed(users),
      }),
    ),
  };
}

/** Marks an entry whose number of people is withheld; `metricsDocument` marks those of few people. */
function suppressed(users: People): Suppressible {
  return users === null ? { suppressed: true } : {};
}

/** Keys whose values are numbers of people; under any other key `few` is a name. */
const peopleKeys: readonly string[] = ["users", "activeUsers"];

/**
 * The metrics as a document of numbers: counts below the minimum group size are `null`, and the object that has one says
 * `suppressed`.
 */
export function metricsDocument(metrics: ParticipationMetrics<People>): ParticipationMetrics {
  return JSON.parse(
    JSON.stringify(metrics, (key, value: unknown) => {
      if (value === "few" && peopleKeys.includes(key)) return null;
      const hasFew = (of: object) =>
        Object.entries(of).some(([name, each]) => each === "few" && peopleKeys.includes(name));
      return typeof value === "object" && value !== null && hasFew(value)
        ? { ...value, suppressed: true }
        : value;
    }),
  );
}
