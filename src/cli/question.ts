import * as z from "zod";
import { CleverLakeError } from "../basics/errors";
import { nearestNames } from "../basics/nearestNames";
import type { UserType } from "../clever/reports";
import type { ConfigFile } from "../config";
import type { FilterOptions } from "../dashboard/answer";
import type { DistrictFiles } from "../dashboard/districtFiles";
import {
  type DashboardFilter,
  dashboardFilterSchema,
  openingFilterFor,
  type RangePreset,
} from "../dashboard/filter";
import { type SchoolLevel, schoolsOfLevels } from "../dashboard/schoolLevels";
import { namesIn, requireKnownNames } from "../dashboard/unknownNames";
import type { CountingOptions } from "./participation";
import { integer, warn } from "./text";

/** Options of the commands that ask about days, schools, resources and people. */
export interface QuestionOptions extends CountingOptions {
  readonly from?: string;
  readonly to?: string;
  readonly range?: RangePreset;
  readonly compareFrom?: string;
  readonly compareTo?: string;
  readonly school?: string[];
  readonly schoolLevel?: SchoolLevel[];
  /** A file with the levels of schools. */
  readonly schoolLevels?: string;
  readonly resource?: string[];
  readonly resourceType?: string[];
  readonly userType?: UserType[];
  readonly grade?: string[];
}

/** The district's files: from the options, else from the configuration. */
export function districtFilesOf(
  config: ConfigFile,
  options: Pick<QuestionOptions, "schoolLevels">,
): DistrictFiles {
  return { schoolLevelsFile: options.schoolLevels ?? config.schoolLevelsFile };
}

/** Rejects with `config` for days that no question can be about. Needs no lake. */
export function requireDays({ from, to, compareFrom, compareTo }: QuestionOptions): void {
  const days = { "--from": from, "--to": to, "--compare-from": compareFrom, "--compare-to": compareTo };
  for (const [subject, day] of Object.entries(days)) {
    if (day === undefined || z.iso.date().safeParse(day).success) continue;
    const message = /^\d{4}-\d{2}-\d{2}$/.test(day)
      ? "The calendar has no such day."
      : "A day must be given as yyyy-MM-dd.";
    throw new CleverLakeError("config", message, { subject });
  }
  if ((compareFrom === undefined) !== (compareTo === undefined)) {
    throw new CleverLakeError(
      "config",
      "The first and the last day of the period to compare with must be given together.",
    );
  }
  const isReversed = (first?: string, last?: string) =>
    first !== undefined && last !== undefined && first > last;
  if (isReversed(from, to) || isReversed(compareFrom, compareTo))
    throw new CleverLakeError("config", "The first day must not be after the last one.");
}

/**
 * The filter that options describe. Warns of schools that only the file of school levels has; rejects with `config` for
 * names that the tables do not have.
 */
export function filterOf(
  options: QuestionOptions,
  schoolLevelsFile: string | undefined,
  known: FilterOptions,
): DashboardFilter {
  const schools = known.schools.filter((school) => school !== null);
  warnOfUnknownNames(schoolLevelsFile, "school", known.unknownSchools, (name) => nearestNames(name, schools));
  const filter = dashboardFilterSchema.parse({
    range: rangeOf(options, known),
    schools: [...(options.school ?? []), ...schoolsOfLevels(options.schoolLevel ?? [], known.schoolLevels)],
    resources: options.resource ?? [],
    resourceTypes: options.resourceType ?? [],
    userTypes: options.userType ?? openingFilterFor(known).userTypes,
    grades: options.grade ?? [],
    ...(options.compareFrom === undefined
      ? {}
      : { compare: { from: options.compareFrom, to: options.compareTo, name: "", rangeName: "" } }),
  });
  requireKnownNames(filter, namesIn(known));
  return filter;
}

/** An open end is the end of the data. A day beyond the data gives only this day, which has no data either. */
function rangeOf({ from, to, range }: QuestionOptions, known: FilterOptions): DashboardFilter["range"] {
  const { firstDay, lastDay } = known;
  if (from !== undefined) return { from, to: to ?? (from > lastDay ? from : lastDay) };
  if (to !== undefined) return { from: to < firstDay ? to : firstDay, to };
  return { preset: range ?? "schoolYear" };
}

/** Warns of names in one of the district's files that the tables do not have: they have no effect. */
export function warnOfUnknownNames(
  file: string | undefined,
  kind: "school" | "resource",
  unknown: readonly string[],
  nearestTo: (name: string) => readonly string[],
): void {
  const [first] = unknown;
  if (first === undefined) return;
  const [nearest] = nearestTo(first);
  const near = nearest === undefined ? "" : ` (nearest: "${nearest}")`;
  const which =
    unknown.length === 1
      ? `the ${kind} "${first}"${near}`
      : `${integer(unknown.length)} of its ${kind}s, such as "${first}"${near}`;
  const orSuppressed = kind === "resource" ? ", or all use is suppressed" : "";
  warn(`${file}: The tables do not have ${which}${orSuppressed}.`);
}
