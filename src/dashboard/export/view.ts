import * as z from "zod";
import { questionIds } from "../questions";

export { openingView } from "../opening";

/** Columns by which the resource table can be sorted. */
export const resourceColumns = [
  "resource",
  "type",
  "users",
  "rows",
  "accesses",
  "firstDay",
  "lastDay",
] as const;
export type ResourceColumn = (typeof resourceColumns)[number];

/** View settings of the dashboard; they change no number. */
export const dashboardView = z
  .strictObject({
    /** Numbers of people as absolute counts, or as a share of all users in scope. */
    units: z.enum(["absolute", "percent"]),
    /** How many resources the stacked bars distinguish. */
    topResources: z.int().min(1).max(8),
    /** How many schools the charts by school show; 0 for as many as a chart can. */
    schoolsShown: z.int().min(0).max(5_000),
    /** Charts that are shown as tables. */
    asTable: z.array(z.string().max(40)).max(40),
    sort: z.strictObject({ column: z.enum(resourceColumns), descending: z.boolean() }),
    search: z.string().max(300),
    allChanges: z.boolean(),
    /** The question that the page answers; it becomes the heading. */
    question: z.enum(questionIds).nullable().default(null),
  })
  .readonly();
export type DashboardView = z.infer<typeof dashboardView>;
