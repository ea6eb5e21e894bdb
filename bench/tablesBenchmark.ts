import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Comparison, Limit } from "./comparison";
import { type Sample, type Side, takeTurns } from "./measure";
import type { BenchOptions } from "./options";
import type { Workshop } from "./workshop";

/** Bytes that a run may take. */
export const memoryTarget = 700e6;

/** The files of both reports below a folder, as globs. */
export const reportsOf = (folder: string, below: string) => ({
  participation: path.join(folder, "daily-participation", below),
  usage: path.join(folder, "resource-usage", below),
});

/** (b) Landed CSV files into tables, compared with the script as an engineer would write it. */
export async function tablesBenchmark(
  workshop: Workshop,
  reports: string,
  { runs }: BenchOptions,
): Promise<Comparison[]> {
  const landed = workshop.newPath("landed");
  await workshop.cleverLake("ingest", await workshop.config(reports, landed));
  const files = reportsOf(path.join(landed, "stage1np", "clever"), "*/*/*.csv");
  const [ours, theirs] = await takeTurns(
    [ourTables(workshop, reports, landed), scriptTables(workshop, files)],
    runs,
  );
  await workshop.remove(landed);
  if (!ours || !theirs) throw new Error("A side was not measured.");
  return [{ benchmark: "b", title: "CSV to tables", ours, theirs, measure: "time", target: 1 }];
}

/** (c) The whole job, compared with rclone followed by the script, and its memory. */
export async function wholeJobBenchmark(
  workshop: Workshop,
  reports: string,
  { runs }: BenchOptions,
): Promise<{ comparisons: Comparison[]; limits: Limit[] }> {
  const lake = workshop.newPath("lake");
  const sides: Side[] = [
    {
      name: "clever-lake run",
      run: async () => workshop.cleverLake("run", await workshop.config(reports, lake)),
      clean: () => workshop.remove(lake),
    },
    byHand(workshop, reports),
  ];
  const [ours, theirs] = await takeTurns(sides, runs);
  if (!ours || !theirs) throw new Error("A side was not measured.");
  return {
    comparisons: [{ benchmark: "c", title: "The whole job", ours, theirs, measure: "time", target: 1 }],
    limits: [
      {
        benchmark: "c",
        title: "Peak memory of the whole job",
        values: ours.samples.map(({ peakMemory = Number.NaN }) => peakMemory),
        target: memoryTarget,
      },
    ],
  };
}

/**
 * A way to copy everything from the server into an existing folder; `below` gives the reports' location in it
 * afterwards.
 */
export interface Copying {
  readonly name: string;
  copy(target: string): Promise<Sample>;
  readonly below?: string;
}

/** What an engineer would do instead of the whole job: rclone or another copy, then the script. */
export function byHand(
  workshop: Workshop,
  reports: string,
  { name, copy, below = "" }: Copying = {
    name: "rclone",
    copy: (target) => workshop.copyByRclone(workshop.rclone, reports, target),
  },
): Side {
  const folder = workshop.newPath("by-hand");
  const copies = path.join(folder, "csv");
  const { participation, usage } = reportsOf(path.join(copies, below), "*.csv");
  return {
    name: `${name}, then the DuckDB script`,
    prepare: async () => {
      await mkdir(copies, { recursive: true });
    },
    run: async () => {
      const copied = await copy(copies);
      const made = await workshop.handWritten(participation, usage, path.join(folder, "tables"));
      return { ...made, seconds: copied.seconds + made.seconds };
    },
    clean: () => workshop.remove(folder),
  };
}

/** (e) The memory of one run over many days: it must not grow with them. */
export async function longRunBenchmark(
  workshop: Workshop,
  { students, longRunDays }: BenchOptions,
): Promise<Limit[]> {
  const reports = workshop.newPath("long");
  const lake = workshop.newPath("lake");
  await workshop.publish(reports, { students, days: longRunDays });
  const { seconds, peakMemory = Number.NaN } = await workshop.cleverLake(
    "run",
    await workshop.config(reports, lake),
  );
  console.error(`  ${longRunDays} days in ${seconds.toFixed(1)} s, ${Math.round(peakMemory / 1e6)} MB`);
  await Promise.all([workshop.remove(reports), workshop.remove(lake)]);
  const title = `Peak memory of one run of ${longRunDays} days`;
  return [{ benchmark: "e", title, values: [peakMemory], target: memoryTarget }];
}

/** Landed files into tables, by this program: each turn in a copy of the lake. */
export function ourTables(workshop: Workshop, reports: string, landed: string, settings = {}): Side {
  let lake = "";
  return {
    name: "clever-lake anonymize",
    prepare: async () => {
      lake = await workshop.linkedCopy(landed);
    },
    run: async () => workshop.cleverLake("anonymize", await workshop.config(reports, lake, { settings })),
    clean: () => workshop.remove(lake),
  };
}

/** The same files into tables, by the script. */
export function scriptTables(
  workshop: Workshop,
  { participation, usage }: { readonly participation: string; readonly usage: string },
): Side {
  const tables = workshop.newPath("tables");
  return {
    name: "DuckDB script",
    run: () => workshop.handWritten(participation, usage, tables),
    clean: () => workshop.remove(tables),
  };
}
