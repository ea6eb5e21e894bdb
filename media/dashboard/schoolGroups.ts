import type { FilterOptions } from "../../src/dashboard/answer";
import type { DashboardTexts } from "../../src/dashboard/export/texts";
import type { Together } from "./MultiSelect";

/** Schools that are chosen together. */
export function schoolGroups(
  texts: DashboardTexts,
  { schoolLevels }: Pick<FilterOptions, "schoolLevels">,
): readonly Together<string | null>[] {
  // One level alone is all schools.
  if (schoolLevels.length < 2) return [];
  return schoolLevels.map(({ name, schools }) => ({ name: texts.schoolLevels[name], values: schools }));
}
