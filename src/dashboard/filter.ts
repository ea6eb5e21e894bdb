import * as z from "zod";
import { userTypes } from "../clever/reports";
import { rangePresets } from "./opening";

export { monthAndDay, openingFilter, rangePresets } from "./opening";

const day = z.iso.date();
/** School names; `null` stands for rows without one. */
const names = z.array(z.string().nullable()).max(5_000);
/** Of a period; empty where nobody has named it. */
const periodName = z.string().trim().max(60);

/**
 * What the dashboard is asked about. An empty list leaves everything in. Presets count calendar days back from the
 * last day that daily participation has.
 */
export const dashboardFilterSchema = z
  .strictObject({
    range: z.union([
      z.strictObject({ preset: z.enum(rangePresets) }),
      z.strictObject({ from: day, to: day }).refine(({ from, to }) => from <= to, "to lies before from"),
    ]),
    /** `school_name` of the rows. */
    schools: names,
    /** `resource_name` of the rows; for resource usage only, since daily participation names no resource. */
    resources: names,
    /** `resource_type` of the rows; for resource usage only. */
    resourceTypes: names,
    /** Empty means all of them. */
    userTypes: z.array(z.enum(userTypes)),
    /** Grades as the roster has them; `null` stands for people without one. Without a roster every grade is `null`. */
    grades: names,
    /** The period that the range is compared with, and the names of both; the period before it where left out. */
    compare: z
      .strictObject({ from: day, to: day, name: periodName, rangeName: periodName })
      .refine(({ from, to }) => from <= to, "to lies before from")
      .optional(),
  })
  .readonly();

export type DashboardFilter = z.infer<typeof dashboardFilterSchema>;
export type RangePreset = (typeof rangePresets)[number];
