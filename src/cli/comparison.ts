import { counted } from "../basics/counted";
import type { ComparedPeriod, ComparedUse, Comparison, Entry, People, Shown } from "../dashboard/answer";
import { periodValue } from "../dashboard/periodValue";
import { columns } from "./table";
import { styled } from "./text";

/** How numbers and names are formatted. */
interface Formats {
  readonly count: (value: People) => string;
  readonly average: (value: Shown) => string;
  readonly name: (value: string | null, entry?: Entry) => string;
}

/** Two periods side by side, in one table by school and one by resource. */
export function comparisonParts(
  { before, now, total, bySchool, resources }: Comparison,
  { count, average, name }: Formats,
  maxResources: number,
): string[] {
  const row = (title: string, use: ComparedUse, mayBeSuppressed: boolean | undefined) => {
    const known = <Value extends People>(
      period: ComparedPeriod,
      value: Value,
      format: (value: Value) => string,
    ) => {
      const found = periodValue(period, value, mayBeSuppressed);
      return found === undefined ? "–" : format(found);
    };
    return [
      title,
      known(before, use.before.personDaysPerDay, average),
      known(now, use.now.personDaysPerDay, average),
      changeOf(use),
      known(before, use.before.users, count),
      known(now, use.now.users, count),
    ];
  };
  const table = (title: string, rows: readonly string[][]) =>
    columns([title, "Before", "Now", "Change", "Users before", "Users now"], [...rows], [1, 2, 3, 4, 5], 0);
  const part = (title: string, ...lines: readonly string[]) => [styled("bold", title), ...lines].join("\n");
  return [
    part(
      "Two periods: person-days of use per school day",
      `Before: ${periodText(before)}`,
      `Now:    ${periodText(now)}`,
      table("School", [
        row("All", total, true),
        ...bySchool.map((entry) =>
          row(name(entry.school, hasNumbers(entry) ? entry : undefined), entry, entry.partly),
        ),
      ]),
    ),
    part(
      "Resources that differ most",
      table(
        "Resource",
        resources.slice(0, maxResources).map((entry) => row(name(entry.resource), entry, true)),
      ),
    ),
  ];
}

/** Whether a number of an entry is shown. */
export function hasNumbers({ before, now }: ComparedUse): boolean {
  return before.personDaysPerDay !== null || now.personDaysPerDay !== null;
}

function periodText({ from, to, schoolDays, comparedDays }: ComparedPeriod): string {
  const left = schoolDays - comparedDays;
  const without = left > 0 ? `, ${counted(left, "incomplete day")} left out` : "";
  return `${from} to ${to}, ${counted(schoolDays, "school day")}${without}`;
}

function changeOf({ before, now }: ComparedUse): string {
  const [was, is] = [before.personDaysPerDay, now.personDaysPerDay];
  if (was === null || is === null || was === 0) return "";
  const change = (is / was - 1) * 100;
  return `${change > 0 ? "+" : ""}${change.toFixed(1)} %`;
}
