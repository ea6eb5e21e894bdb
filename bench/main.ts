import { azureLakeBenchmark } from "./azureLake";
import { backlogBenchmark } from "./backlog";
import type { Comparison, Limit } from "./comparison";
import { dashboardBenchmark } from "./dashboardBenchmark";
import { largeFileBenchmark } from "./largeFile";
import { correctedDayBenchmark, dataFilesBenchmark } from "./month";
import { oneMoreDay } from "./oneMoreDay";
import { type BenchmarkName, type BenchOptions, readOptions, usage } from "./options";
import { writeResults } from "./results";
import { sparkBenchmark } from "./sparkBenchmark";
import { longRunBenchmark, tablesBenchmark, wholeJobBenchmark } from "./tablesBenchmark";
import { transferBenchmark } from "./transferBenchmark";
import { Workshop } from "./workshop";

const days = 10;

async function measure(options: BenchOptions): Promise<void> {
  await using workshop = await Workshop.open();
  const comparisons: Comparison[] = [];
  const limits: Limit[] = [];
  const reports = workshop.newPath("reports");
  const wants = (name: BenchmarkName) => options.only.includes(name);
  if (wants("a") || wants("b") || wants("c") || wants("k")) {
    console.error(`${days} days of ${options.students} students`);
    await workshop.publish(reports, { students: options.students, days });
  }
  if (wants("a")) {
    console.error("(a) SFTP transfer");
    comparisons.push(...(await transferBenchmark(workshop, reports, options)));
  }
  if (wants("b")) {
    console.error("(b) CSV to tables");
    comparisons.push(...(await tablesBenchmark(workshop, reports, options)));
  }
  if (wants("c")) {
    console.error("(c) The whole job");
    const measured = await wholeJobBenchmark(workshop, reports, options);
    comparisons.push(...measured.comparisons);
    limits.push(...measured.limits);
  }
  if (wants("d")) {
    console.error(`(d) One more day, after ${options.historyDays} runs`);
    comparisons.push(...(await oneMoreDay(workshop, options)));
  }
  if (wants("e")) {
    console.error("(e) Memory of a long run");
    limits.push(...(await longRunBenchmark(workshop, options)));
  }
  if (wants("f")) {
    console.error(`(f) The dashboard, on ${options.dashboardDays} days`);
    const measured = await dashboardBenchmark(workshop, options);
    comparisons.push(...measured.comparisons);
    limits.push(...measured.limits);
  }
  if (wants("g")) {
    console.error("(g) A backlog of small files");
    const measured = await backlogBenchmark(workshop, options);
    comparisons.push(...measured.comparisons);
    limits.push(...measured.limits);
  }
  if (wants("h")) {
    console.error(`(h) One large file, of ${options.largeFileDays} days`);
    const measured = await largeFileBenchmark(workshop, options);
    comparisons.push(...measured.comparisons);
    limits.push(...measured.limits);
  }
  if (wants("i")) {
    console.error("(i) Data files of a month");
    limits.push(...(await dataFilesBenchmark(workshop, options)));
  }
  if (wants("j")) {
    console.error("(j) One corrected day in a month");
    comparisons.push(...(await correctedDayBenchmark(workshop, options)));
  }
  if (wants("k")) {
    console.error("(k) A lake in Azure");
    const measured = await azureLakeBenchmark(workshop, reports, options);
    comparisons.push(...measured.comparisons);
    limits.push(...measured.limits);
  }
  if (wants("l")) {
    console.error("(l) Apache Spark");
    comparisons.push(...(await sparkBenchmark(workshop, options)));
  }
  await writeResults(options, comparisons, limits);
}

async function main(): Promise<void> {
  let options: BenchOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  await measure(options);
}

void main();
