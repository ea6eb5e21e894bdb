import type { ChangesInput, SubjectSeries } from "../../src/dashboard/changes/changes";
import { type Random, randomStream } from "../../src/sample/random";

export interface SeriesOptions {
  readonly seed: number;
  readonly weeks: number;
  readonly resources?: number;
  readonly schools?: number;
  /** Active users of a usual day in the first week, and their growth factor from week to week. */
  readonly activeUsers?: number;
  readonly growth?: number;
  /** Standard deviation from week to week of each subject's level, beyond counting noise; default 0.08. */
  readonly unsteady?: number;
  /** Days off as (week, weekday from 0), in all subjects. */
  readonly holidays?: readonly (readonly [number, number])[];
  /** A factor on a subject in a week. */
  readonly change?: (subject: string, week: number, weekday: number) => number;
  /** Numbers from 1 to below this are unknown. */
  readonly minimum?: number;
}

const firstMonday = Date.UTC(2025, 7, 25);
const districtWeekday = [1.02, 1.04, 1.04, 1.01, 0.88];

/**
 * A fictitious district's daily numbers: Poisson counts around the product of the active users, a weekday pattern of
 * the district, one of the subject, and the subject's own level, which varies from week to week. Resources are called
 * r0, r1, … by decreasing use (Zipf's law), schools s0, s1, …
 */
export function dailySeries(options: SeriesOptions): ChangesInput {
  const {
    seed,
    weeks,
    resources = 40,
    schools = 8,
    activeUsers = 2_000,
    growth = 1,
    unsteady = 0.08,
  } = options;
  const off = new Set((options.holidays ?? []).map(([week, weekday]) => week * 7 + weekday));
  const districtRandom = randomStream(seed, "district");
  const level: number[] = [];
  const days: { date: string; kind: "school" | "quiet"; activeUsers: number }[] = [];
  for (let day = 0; day < weeks * 7; day++) {
    const weekday = day % 7;
    const isSchool = weekday < 5 && !off.has(day);
    const factor = growth ** Math.floor(day / 7) * (districtWeekday[weekday] ?? 0);
    const users = poisson(
      districtRandom,
      isSchool ? activeUsers * factor * (0.97 + 0.06 * districtRandom()) : 2,
    );
    level.push(isSchool ? users : 0);
    days.push({
      date: new Date(firstMonday + day * 86_400_000).toISOString().slice(0, 10),
      kind: isSchool ? "school" : "quiet",
      activeUsers: users,
    });
  }
  const series = (subject: SubjectSeries["subject"], name: string, share: number): SubjectSeries => {
    const random = randomStream(seed, name);
    const pattern = Array.from({ length: 5 }, () => 0.8 + 0.4 * random());
    const daily = new Float64Array(weeks * 7);
    let own = 1;
    for (let day = 0; day < daily.length; day++) {
      const [week, weekday] = [Math.floor(day / 7), day % 7];
      if (weekday === 0) own = Math.exp(unsteady * normal(random));
      const planted = options.change?.(name, week, weekday) ?? 1;
      const mean = (level[day] ?? 0) * share * (pattern[weekday] ?? 0) * own * planted;
      const count = poisson(random, mean);
      daily[day] = count > 0 && count < (options.minimum ?? 0) ? Number.NaN : count;
    }
    return { subject, name, type: subject === "resource" ? "app" : null, daily };
  };
  return {
    days,
    subjects: [
      ...Array.from({ length: resources }, (_, i) => series("resource", `r${i}`, 0.6 / (i + 1))),
      ...Array.from({ length: schools }, (_, i) => series("school", `s${i}`, 1 / schools)),
    ],
  };
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function poisson(random: Random, mean: number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let [count, left] = [0, random()];
  for (let limit = Math.exp(-mean); left > limit; count++) left *= random();
  return count;
}
