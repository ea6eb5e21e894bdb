import * as z from "zod";
import { userTypes } from "../clever/reports";
import { rangePresets } from "./opening";

export { monthAndDay, openingFilter, openingFilterFor, rangePresets } from "./opening";

const day = z.iso.date();
/** School names; `null` means rows without one. */
const names = z.array(z.string().nullable()).max(5_000);
/** Name of a period; empty if it has none. */
const periodName = z.string().trim().max(60);

/**
 * What the dashboard is asked. An empty list does not filter. Presets count calendar days back from the last day of
 * daily participation.
 */
export const dashboardFilterSchema = z
  .strictObject({
    range: z.union([
      z.strictObject({ preset: z.enum(rangePresets) }),
      z.strictObject({ from: day, to: day }).refine(({ from, to }) => from <= to, "to lies before from"),
    ]),
    /** `school_name` of the rows. */
    schools: names,
    /** `resource_name` of the rows; resource usage only, because daily participation names no resource. */
    resources: names,
    /** `resource_type` of the rows; resource usage only. */
    resourceTypes: names,
    /** Empty means all of them. */
    userTypes: z.array(z.enum(userTypes)),
    /** Grades from the roster; `null` means people without one. Without a roster every grade is `null`. */
    grades: names,
    /** The period that the range is compared with, and the names of both; the preceding period if left out. */
    compare: z
      .strictObject({ from: day, to: day, name: periodName, rangeName: periodName })
      .refine(({ from, to }) => from <= to, "to lies before from")
      .optional(),
  })
  .readonly();

export type DashboardFilter = z.infer<typeof dashboardFilterSchema>;
export type RangePreset = (typeof rangePresets)[number];
