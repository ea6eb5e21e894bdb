import type { Comparison, MissingReport, People, ReportKind, Shown, Withheld } from "../answer";
import type { DashboardFilter } from "../filter";
import { factsOf, groupsOf } from "../groups/groups";
import { compareNames } from "../groups/names";
import type { ParticipationIndex } from "../index/participationIndex";
import { defaultSchoolYearStart, type KeepWhole } from "../opening";
import type { AnswerOptions } from "./answer";
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
import { otherRange, scopeOf } from "./scope";
import { missingReports, withheldIn } from "./withheld";

/** The document of `metrics --json`: the dashboard's numbers in compact form. */
export interface ParticipationMetrics<Count extends People = Shown> extends Suppressible {
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

/** Participation metrics from the tables. Throws the signal's reason when aborted. */
export async function participationMetrics(
  index: ParticipationIndex,
  filter: DashboardFilter,
  { minimumGroupSize, keepWhole }: Pick<AnswerOptions, "minimumGroupSize" | "keepWhole">,
  signal?: AbortSignal,
): Promise<ParticipationMetrics<People>> {
  const facts = factsOf(index);
  const groups = groupsOf(facts, minimumGroupSize, keepWhole);
  const scope = scopeOf(facts, groups, filter, defaultSchoolYearStart);
  const found = await find(scope, signal);
  const { filter: cut, schools, days } = withheldIn(scope);
  const other = filter.compare && otherRange(scope, filter.compare);
  return {
    minimumGroupSize,
    keepWhole,
    withheld: { filter: cut, schools, days },
    missing: missingReports(scope),
    absent: scope.absent,
    ...numbers(found),
    ...(other ? { comparison: await comparisonOf(scope, other, filter.compare, signal) } : {}),
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
