import type { Entry, People } from "../answer";
import { withCurrentSchools } from "../currentSchools";
import type { DashboardFilter } from "../filter";
import { compareNames } from "../groups/names";
import type { ParticipationIndex } from "../index/participationIndex";
import { type Counting, defaultSchoolYearStart } from "../opening";
import type { AttendanceSums } from "./attendance";
import { comparisonOf } from "./comparison";
import {
  dayEntries,
  hasRows,
  nullIfAbsent,
  resourceEntries,
  schoolEntries,
  schoolResourceEntries,
} from "./entries";
import { comparisonRange, scopeOf } from "./scope";
import { computeTotals, type Totals } from "./totals";
import { missingReports, withheldIn } from "./withheld";

/**
 * The numbers of `metrics`, in the order of its document. `null` are numbers that are suppressed or unknown. The
 * numbers of an entry that is `partly` suppressed cover only the rest of it.
 */
export type ParticipationMetrics = Awaited<ReturnType<typeof participationMetrics>>;

/** What of an entry is suppressed: a part, or a number; in the document also one below the minimum group size. */
export interface Suppressible extends Pick<Entry, "partly"> {
  readonly suppressed?: true;
}

const resourcesBySchool = 5;

/** Participation metrics from the tables. Throws the signal's reason when aborted. */
export async function participationMetrics(
  index: ParticipationIndex,
  asked: DashboardFilter,
  counting: Counting,
  signal?: AbortSignal,
) {
  const filter = withCurrentSchools(asked, index.renamedSchools);
  const scope = scopeOf(index, filter, { ...counting, schoolYearStart: defaultSchoolYearStart });
  const totals = await computeTotals(scope, signal);
  const { filter: cut, schools, days } = withheldIn(scope);
  const other = filter.compare && comparisonRange(scope, filter.compare);
  return {
    minimumGroupSize: counting.minimumGroupSize,
    keepWhole: counting.keepWhole,
    /** Groups, and days of groups, that no number includes. */
    withheld: { filter: cut, schools, days },
    /** Reports that are missing in the range: sums do not include them. */
    missing: missingReports(scope),
    /** Reports that have no row of the people counted, although the other one shows their use. Their numbers are `null`. */
    absent: scope.absent,
    ...numbers(totals),
    /** Use per school day compared with another period; undefined unless the filter names one. */
    comparison: other && (await comparisonOf(scope, other, filter.compare, signal)),
  };
}

function numbers(totals: Totals) {
  const { attendance, scope } = totals;
  const { total } = attendance;
  const { entries, order } = resourceEntries(totals);
  return {
    users: nullIfAbsent(scope, ["dailyParticipation"], total.people(total.users)),
    days: total.shown(attendance.countedDays),
    ...(total.isSuppressed ? suppressed(null) : {}),
    activeUsers: nullIfAbsent(scope, ["dailyParticipation"], total.people(total.activeUsers)),
    /** By name; `null` groups the rows without a school's name. */
    bySchool: schoolEntries(totals).map(({ school, absent, partly, ...entry }) => ({
      school_name: school,
      users: entry.users,
      averageResources: entry.averageResources,
      averageLogins: entry.averageLogins,
      averageDistinctResources: entry.distinctResourcesPerUser,
      // The number of users is then unknown, and not suppressed.
      ...(absent?.includes("dailyParticipation") ? {} : suppressed(entry.users)),
      ...(partly ? { partly } : {}),
      // Reports that have no row of the school, although the other one shows its use. Their numbers are `null`.
      ...(absent ? { absent } : {}),
    })),
    /** By date; days with rows. */
    byDay: dayEntries(totals).flatMap((entry, place) => {
      const { date, missing, partly, logins, resources, activeUsers, distinctResources } = entry;
      const part = attendance.days[place] as AttendanceSums;
      if (!hasRows(part)) return [];
      const numbers = { date, logins, resources, activeUsers, distinctResources };
      return [
        {
          ...numbers,
          ...suppressed(part.people(part.personDays)),
          ...(partly ? { partly } : {}),
          ...(missing ? { missing } : {}),
        },
      ];
    }),
    /** Most rows first, then by name and type. */
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
    /** For the five resources with the most users, in that order, then by school. */
    topResourcesBySchool: schoolResourceEntries(totals, order, resourcesBySchool).map(
      ({ school, resource, type, users, partly }) => ({
        school_name: school,
        resource_name: resource,
        resource_type: type,
        users,
        ...suppressed(users),
        ...(partly ? { partly } : {}),
      }),
    ),
  };
}

/** Marks an entry whose number of people is suppressed; `metricsDocument` marks those of few people. */
function suppressed(users: People): Suppressible {
  return users === null ? { suppressed: true } : {};
}

/** Keys whose values are numbers of people; under any other key `few` is a name. */
const peopleKeys: readonly string[] = ["users", "activeUsers"];

/**
 * The metrics as a document of numbers: counts below the minimum group size are `null`, and the object that has one says
 * `suppressed`.
 */
export function metricsDocument(metrics: ParticipationMetrics): ParticipationMetrics {
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
