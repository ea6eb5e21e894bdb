import { type DashboardFilter, dashboardFilterSchema } from "../filter";

const mark = "clever-dashboard-filter:";

/** A filter as one line of text, to be sent to a colleague. */
export function filterText(filter: DashboardFilter): string {
  return `${mark}${JSON.stringify(filter)}`;
}

/** The filter in a text that somebody pasted, whatever stands around its line; undefined where there is none. */
export function parseFilterText(text: string): DashboardFilter | undefined {
  const start = text.indexOf(mark);
  if (start < 0) return undefined;
  const line = text
    .slice(start + mark.length)
    .split(/\r?\n/, 1)[0]
    ?.trim();
  try {
    const parsed = dashboardFilterSchema.safeParse(JSON.parse(line ?? ""));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
