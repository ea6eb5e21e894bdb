import { readFile, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { reportNames, reports as reportsByName } from "../src/clever/reports";
import { Duck } from "../src/duck/duck";
import { FolderLake } from "../src/lake/folder";
import { readTables } from "../src/pipeline/write/tables";
import type { Comparison, Limit } from "./comparison";
import { datesOf, fillDayByDay, type PublishedDays, requireFiles } from "./dayByDay";
import { type Side, takeTurns } from "./measure";
import type { BenchOptions } from "./options";
import type { Workshop } from "./workshop";

/** School days from 1 October 2025; the month has 22 of them. */
const month = { days: 22, firstDay: "2025-10-01" } as const;

/**
 * (i) The number of data files of a month that was ingested day by day, in both tables: each reader opens all of
 * them.
 */
export async function dataFilesBenchmark(
  workshop: Workshop,
  { historyStudents }: BenchOptions,
): Promise<Limit[]> {
  const reports = workshop.newPath("month");
  const lake = workshop.newPath("lake");
  const size = { students: historyStudents, teachers: 120, staff: 40, ...month };
  const dates = await datesOf(workshop, size);
  await fillDayByDay(workshop, { reports, lake, size, dates });
  const files = await dataFilesOf(lake);
  console.error(`  ${files} data files after ${dates.length} days`);
  await Promise.all([workshop.remove(reports), workshop.remove(lake)]);
  const title = `Data files of a month after its last day (${dates.length} school days, six files a day)`;
  return [{ benchmark: "i", title, unit: "files", values: [files], target: 8 }];
}

async function dataFilesOf(folder: string): Promise<number> {
  await using duck = await Duck.open();
  const { pseudo: tables } = await readTables({ lake: await FolderLake.open(folder), duck });
  return [...tables.values()].reduce((sum, { files }) => sum + files.size, 0);
}

/**
 * (j) One corrected day in a month that is in the lake except for its last day, compared with the run for that last
 * day: both ingest two files into the same lake.
 */
export async function correctedDayBenchmark(
  workshop: Workshop,
  { runs, students }: BenchOptions,
): Promise<Comparison[]> {
  const reports = workshop.newPath("month");
  const lake = workshop.newPath("lake");
  const size: PublishedDays = { students, ...month };
  const dates = await datesOf(workshop, size);
  await fillDayByDay(workshop, { reports, lake, size, dates: dates.slice(0, -1) });
  const last = dates.at(-1) ?? "";
  const oneMore = await workshop.copy(reports);
  await workshop.publish(oneMore, size, { from: last, to: last });
  const corrected = await workshop.copy(reports);
  await correct(corrected, dates[Math.floor(dates.length / 2)] ?? "");
  const side = (name: string, server: string): Side => {
    let copy = "";
    return {
      name,
      prepare: async () => {
        copy = await workshop.linkedCopy(lake);
      },
      run: async () => {
        const sample = await workshop.cleverLake("run", await workshop.config(server, copy));
        requireFiles((JSON.parse(sample.stdout) as { anonymized: number }).anonymized, 2);
        return sample;
      },
      clean: () => workshop.remove(copy),
    };
  };
  const [ours, theirs] = await takeTurns(
    [side("one corrected day", corrected), side("the run for the month's last day", oneMore)],
    runs,
  );
  await Promise.all([reports, lake, oneMore, corrected].map((place) => workshop.remove(place)));
  if (!ours || !theirs) throw new Error("A side was not measured.");
  const title = "One corrected day in a month";
  return [{ benchmark: "j", title, ours, theirs, measure: "time", target: 3 }];
}

/** Republishes both files of a day, a day later: the last number of every hundredth row differs. */
async function correct(reports: string, date: string): Promise<void> {
  for (const { slug } of reportNames.map((name) => reportsByName[name])) {
    const file = path.join(reports, slug, `${date}-${slug}-students.csv`);
    const lines = (await readFile(file, "utf8")).split("\n");
    const changed = lines.map((line, index) =>
      index > 0 && index % 100 === 0 ? line.replace(/\d+$/, (number) => String(Number(number) + 1)) : line,
    );
    const { mtime } = await stat(file);
    const later = new Date(mtime.getTime() + 86_400_000);
    await writeFile(file, changed.join("\n"));
    await utimes(file, later, later);
  }
}
