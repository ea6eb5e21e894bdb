import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { Comparison, Limit } from "./comparison";
import { takeTurns } from "./measure";
import type { BenchOptions } from "./options";
import { memoryTarget, ourTables, reportsOf, scriptTables } from "./tablesBenchmark";
import type { Workshop } from "./workshop";

/**
 * (h) One large file into tables, as for a district that requests a whole year from Clever: resource usage of many
 * days, 157 MB for ten days of 70,000 students. Compared with the script, with the peak memory.
 */
export async function largeFileBenchmark(
  workshop: Workshop,
  { runs, students, largeFileDays }: BenchOptions,
): Promise<{ comparisons: Comparison[]; limits: Limit[] }> {
  const reports = workshop.newPath("large");
  const landed = workshop.newPath("landed");
  await publishOneFile(workshop, reports, { students, days: largeFileDays });
  await workshop.cleverLake("ingest", await workshop.config(reports, landed));
  const { usage } = reportsOf(path.join(landed, "stage1np", "clever"), "*/*/*.csv");
  const script = scriptTables(workshop, { participation: "", usage });
  const [ours, theirs] = await takeTurns([ourTables(workshop, reports, landed), script], runs);
  await Promise.all([workshop.remove(reports), workshop.remove(landed)]);
  if (!ours || !theirs) throw new Error("A side was not measured.");
  const title = `One file of ${largeFileDays} days`;
  return {
    comparisons: [
      { benchmark: "h", title: `${title}: CSV to tables`, ours, theirs, measure: "time", target: 1.2 },
    ],
    limits: [
      {
        benchmark: "h",
        title: `${title}: peak memory`,
        values: ours.samples.map(({ peakMemory = Number.NaN }) => peakMemory),
        target: memoryTarget,
      },
    ],
  };
}

/** Publishes the resource usage of all days in one file, named after its first day. */
async function publishOneFile(
  workshop: Workshop,
  reports: string,
  size: { readonly students: number; readonly days: number },
): Promise<void> {
  const days = workshop.newPath("days");
  await workshop.publish(days, size);
  const [from, to] = [days, reports].map((folder) => path.join(folder, "resource-usage"));
  if (from === undefined || to === undefined) return;
  await mkdir(to, { recursive: true });
  const names = (await readdir(from)).sort();
  for (const [index, name] of names.entries()) {
    const file = path.join(from, name);
    const start = index === 0 ? 0 : await headerLength(file);
    const target = path.join(to, names[0] ?? name);
    await pipeline(createReadStream(file, { start }), createWriteStream(target, { flags: "a" }));
  }
  await workshop.remove(days);
}

/** Bytes of a file's first line, including its end. */
async function headerLength(file: string): Promise<number> {
  let length = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    const end = chunk.indexOf("\n");
    if (end >= 0) return length + end + 1;
    length += chunk.length;
  }
  return length;
}
