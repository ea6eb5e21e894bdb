import { openingFilter } from "../src/dashboard/filter";
import type { Comparison, Limit } from "./comparison";
import { DashboardEngine } from "./dashboardEngine";
import { randomFilters } from "./dashboardFilters";
import { addDays, dashboardLake } from "./dashboardLake";
import { PlainQueries } from "./dashboardQueries";
import type { Sample } from "./measure";
import type { BenchOptions } from "./options";
import type { Workshop } from "./workshop";

const filterCount = 200;
/** Plain queries take seconds per filter. */
const comparedFilters = 10;
const memoryTarget = 1e9;

/** (f) The dashboard: from scratch, from its cache, from filter to filter, and after one more day. */
export async function dashboardBenchmark(
  workshop: Workshop,
  { runs, students, dashboardDays }: BenchOptions,
): Promise<{ readonly comparisons: readonly Comparison[]; readonly limits: readonly Limit[] }> {
  const { folder, district, nextDay } = await dashboardLake(students, dashboardDays);
  const cache = workshop.newPath("cache");
  const peaks: number[] = [];

  const build = await firstAnswer(folder, cache, peaks);
  console.error(`  from nothing: ${build.toFixed(2)} s`);
  const opened: number[] = [];
  for (let turn = 0; turn <= runs; turn++) {
    const seconds = await firstAnswer(folder, cache, peaks);
    if (turn > 0) opened.push(seconds);
    console.error(`  first answer of a new process: ${seconds.toFixed(2)} s`);
  }

  const p50: number[] = [];
  const p95: number[] = [];
  const ours: Sample[] = [];
  const theirs: Sample[] = [];
  {
    await using engine = new DashboardEngine(folder, cache);
    using plain = await PlainQueries.open(folder);
    const { answer } = await engine.ask(openingFilter);
    for (let turn = 1; turn <= runs; turn++) {
      const seconds: number[] = [];
      for (const filter of randomFilters(turn, filterCount, answer.options)) {
        seconds.push((await engine.ask(filter)).seconds);
      }
      seconds.sort((a, b) => a - b);
      p50.push(seconds[Math.floor(0.5 * filterCount)] ?? Number.NaN);
      p95.push(seconds[Math.floor(0.95 * filterCount)] ?? Number.NaN);
      console.error(
        `  ${filterCount} filters: p50 ${p50.at(-1)?.toFixed(3)} s, p95 ${p95.at(-1)?.toFixed(3)} s`,
      );
    }
    for (const filter of [openingFilter, ...randomFilters(0, comparedFilters - 1, answer.options)]) {
      const asked = await engine.ask(filter);
      const seconds = await plain.ask(filter, asked.answer.from, asked.answer.to);
      ours.push({ seconds: asked.seconds });
      theirs.push({ seconds });
      console.error(`  ${asked.seconds.toFixed(3)} s, plain queries ${seconds.toFixed(3)} s`);
    }
    peaks.push(await engine.peakMemory());
  }

  const upkeep = await oneMoreDay(workshop, folder, (lake) => addDays(lake, district, [nextDay]), peaks);
  const seconds = { benchmark: "f", unit: "seconds" } as const;
  return {
    comparisons: [
      {
        benchmark: "f",
        title: `Dashboard: one filter, all pictures (${comparedFilters} filters, by turns)`,
        ours: { name: "the engine", samples: ours },
        theirs: { name: "plain DuckDB queries on the Parquet files", samples: theirs },
        measure: "time",
        target: 0.1,
      },
    ],
    limits: [
      { ...seconds, title: "Dashboard: first answer from nothing, the index being built", values: [build] },
      {
        ...seconds,
        title: "Dashboard: first answer of a new process, with its cache",
        values: opened,
        target: 1,
      },
      { ...seconds, title: `Dashboard: a filter change, p50 of ${filterCount}`, values: p50 },
      { ...seconds, title: `Dashboard: a filter change, p95 of ${filterCount}`, values: p95, target: 0.2 },
      { ...seconds, title: "Dashboard: the answer after one more day", values: [upkeep] },
      { benchmark: "f", title: "Dashboard: the engine's peak memory", values: peaks, target: memoryTarget },
    ],
  };
}

/** From the start of the process to the opening filter's answer. */
async function firstAnswer(lake: string, cache: string, peaks: number[]): Promise<number> {
  await using engine = new DashboardEngine(lake, cache);
  const { seconds } = await engine.ask(openingFilter);
  peaks.push(await engine.peakMemory());
  return seconds;
}

/** A running engine is asked again after a day was added. */
async function oneMoreDay(
  workshop: Workshop,
  folder: string,
  add: (lake: string) => Promise<void>,
  peaks: number[],
): Promise<number> {
  const lake = await workshop.linkedCopy(folder);
  await using engine = new DashboardEngine(lake, workshop.newPath("cache"));
  await engine.ask(openingFilter);
  await add(lake);
  const { seconds, answer } = await engine.ask({ ...openingFilter, range: { preset: "last7" } });
  console.error(`  after one more day, ${answer.to}: ${seconds.toFixed(2)} s`);
  peaks.push(await engine.peakMemory());
  await workshop.remove(lake);
  return seconds;
}
