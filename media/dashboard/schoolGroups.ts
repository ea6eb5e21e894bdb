import type { FilterOptions } from "../../src/dashboard/answer";
import type { DashboardTexts } from "../../src/dashboard/export/texts";
import type { Saved } from "../../src/dashboard/saved";
import type { ValueGroup } from "./MultiSelect";

/** Groups of schools that can be chosen together. */
export function schoolGroups(
  texts: DashboardTexts,
  { schoolLevels }: Pick<FilterOptions, "schoolLevels">,
  saved: Saved["groups"] = [],
): readonly ValueGroup<string | null>[] {
  // A single level would contain all schools.
  const levels = schoolLevels.length < 2 ? [] : schoolLevels;
  return [
    ...saved.map(({ name, schools }) => ({ name, values: schools })),
    ...levels.map(({ name, schools }) => ({ name: texts.schoolLevels[name], values: schools })),
  ];
}
