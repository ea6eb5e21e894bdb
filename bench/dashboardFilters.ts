import type { FilterOptions } from "../src/dashboard/answer";
import type { DashboardFilter } from "../src/dashboard/filter";
import { randomStream } from "../src/sample/random";

/** Random filters, as people combine them; the same seed gives the same filters. */
export function randomFilters(seed: number, count: number, options: FilterOptions): DashboardFilter[] {
  const random = randomStream(seed, "filters of the dashboard");
  const below = (end: number) => Math.floor(random() * end);
  const some = <T>(values: readonly T[], chance: number, most: number): T[] =>
    random() < chance && values.length > 0
      ? Array.from({ length: 1 + below(most) }, () => values[below(values.length)] as T)
      : [];
  const firstDay = Date.parse(options.firstDay) / 86_400_000;
  const days = Date.parse(options.lastDay) / 86_400_000 - firstDay + 1;
  const day = (number: number) => new Date((firstDay + number) * 86_400_000).toISOString().slice(0, 10);
  const range = (): DashboardFilter["range"] => {
    const presets = ["last7", "last30", "schoolYear", "all"] as const;
    if (random() < 0.6) return { preset: presets[below(presets.length)] ?? "all" };
    const [one, other] = [below(days), below(days)];
    return { from: day(Math.min(one, other)), to: day(Math.max(one, other)) };
  };
  return Array.from({ length: count }, () => ({
    range: range(),
    schools: some(options.schools, 0.5, 5),
    resources: some(
      options.resources.map(({ name }) => name),
      0.3,
      3,
    ),
    resourceTypes: some(options.resourceTypes, 0.2, 2),
    userTypes: random() < 0.6 ? ["students"] : some(options.userTypes, 0.5, 2),
    grades: some(options.grades, 0.3, 4),
  }));
}
