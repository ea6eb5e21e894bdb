import { mock } from "node:test";
import { FolderLake } from "../src/lake/folder";
import { run } from "../src/pipeline/run";
import { FolderSource } from "../test/helpers/folderSource";
import type { Workshop } from "./workshop";

/** Three school years ago: no day of a history may be in the future. */
export const firstDayOfHistory = "2022-08-29";

export interface PublishedDays {
  readonly students: number;
  readonly teachers?: number;
  readonly staff?: number;
  readonly days: number;
  readonly firstDay?: string;
}

/** The dates of a district's school days, without its files. */
export async function datesOf(workshop: Workshop, size: PublishedDays): Promise<readonly string[]> {
  return (await workshop.publish(workshop.newPath("nothing"), size, { to: "0" })).days;
}

/**
 * Fills a lake as a district would: each day is published below a folder and ingested by its own run, on the day's
 * evening by this process's clock. With all runs in one hour, the checkpoints would still have each data file that was
 * ever replaced.
 */
export async function fillDayByDay(
  workshop: Workshop,
  {
    reports,
    lake,
    size,
    dates,
  }: {
    readonly reports: string;
    readonly lake: string;
    readonly size: PublishedDays;
    readonly dates: readonly string[];
  },
): Promise<void> {
  const start = Date.now();
  for (const [index, date] of dates.entries()) {
    await workshop.publish(reports, size, { from: date, to: date });
    mock.timers.enable({ apis: ["Date"], now: Date.parse(`${date}T20:00:00Z`) });
    await addDay(workshop, lake, reports, filesPerDay(size)).finally(() => mock.timers.reset());
    if ((index + 1) % 50 === 0) console.error(`  ${index + 1} days in ${(Date.now() - start) / 1000} s`);
  }
}

/** One run, which must ingest this many files. */
export async function addDay(
  workshop: Workshop,
  lake: string,
  reports: string,
  files: number,
): Promise<void> {
  const { anonymized } = await run({
    command: "run",
    lake: await FolderLake.open(lake),
    source: new FolderSource(reports),
    salt: workshop.salt,
    userTypes: ["students", "teachers", "staff"],
  });
  requireFiles(anonymized, files);
}

export function requireFiles(anonymized: number, files: number): void {
  if (anonymized !== files) throw new Error(`A day brought ${anonymized} files instead of ${files}.`);
}

function filesPerDay({ teachers = 0, staff = 0 }: PublishedDays): number {
  return 2 * (1 + Number(teachers > 0) + Number(staff > 0));
}
