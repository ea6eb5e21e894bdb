import { userTypes } from "../../clever/reports";
import type { MissingReport, ReportKind } from "../answer";
import { isoDate, spanOf } from "../calendar";
import type { Days } from "../groups/days";
import type { Facts, Groups } from "../groups/groups";
import type { Names } from "../groups/names";
import type { ParticipationIndex } from "../index/participationIndex";
import type { Scope } from "./scope";

/**
 * Days on which a report has no row of a user type although the other report proves that there was use: per user type
 * and month (`type * months + month`). A report that never came for a user type is not reported as missing on single
 * days.
 */
export type MissingDays = { readonly [Report in ReportKind]: Uint32Array };

/** Derived from the index alone. */
export function missingDaysOf(index: ParticipationIndex, { typeOf }: Names, days: Days): MissingDays {
  const months = index.months.length;
  const size = userTypes.length * months;
  const [participated, used, withUse] = [new Uint32Array(size), new Uint32Array(size), new Uint32Array(size)];
  const add = (masks: Uint32Array, at: number, mask: number) => {
    masks[at] = ((masks[at] as number) | mask) >>> 0;
  };
  for (let cohort = 0; cohort < index.cohorts.length; cohort++) {
    for (let month = 0; month < months; month++) {
      const at = (typeOf[cohort] as number) * months + month;
      add(participated, at, days.participated[cohort * months + month] as number);
      add(used, at, days.used[cohort * months + month] as number);
    }
  }
  index.months.forEach(({ attendanceCells: cells }, month) => {
    for (let cell = 0; cell < cells.cohort.length; cell++) {
      if ((cells.resources[cell] as number) <= 0) continue;
      const type = typeOf[cells.cohort[cell] as number] as number;
      add(withUse, type * months + month, 1 << (cells.day[cell] as number));
    }
  });
  const missing = (proof: Uint32Array, report: Uint32Array) =>
    Uint32Array.from(proof, (mask, at) => {
      const type = Math.floor(at / months);
      const ever = report.subarray(type * months, (type + 1) * months).some((days) => days !== 0);
      return ever ? mask & ~(report[at] as number) : 0;
    });
  return { dailyParticipation: missing(used, participated), resourceUsage: missing(withUse, used) };
}

/**
 * 1 for each user type that has a group of its own with a day that counts. For other types not even missing reports are
 * disclosed: that would be a statement about fewer people than a group has.
 */
export function typesWithGroup({ names, index }: Facts, { groups, counted }: Groups): Uint8Array {
  const months = index.months.length;
  const types = new Uint8Array(userTypes.length);
  groups.forEach(([first = 0, ...others], group) => {
    const type = names.typeOf[first] as number;
    const isCounted = counted.subarray(group * months, (group + 1) * months).some((days) => days !== 0);
    if (isCounted && others.every((cohort) => names.typeOf[cohort] === type)) types[type] = 1;
  });
  return types;
}

/** The missing reports of a question, by user type. */
export function missingReports(
  { missing, days: { monthStarts } }: Facts,
  { types, range }: Scope,
): MissingReport[] {
  const months = monthStarts.length;
  return (["dailyParticipation", "resourceUsage"] as const).flatMap((report) =>
    userTypes.flatMap((userType, type): MissingReport[] => {
      if (types[type] !== 1) return [];
      const masks = range.map((mask, month) => mask & (missing[report][type * months + month] as number));
      const span = spanOf(monthStarts, masks);
      return span
        ? [{ ...span, report, userType, first: isoDate(span.first), last: isoDate(span.last) }]
        : [];
    }),
  );
}
