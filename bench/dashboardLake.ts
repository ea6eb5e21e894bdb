import { access, mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { rosterTable } from "../src/clever/layout";
import { userTypes } from "../src/clever/reports";
import { FolderLake } from "../src/lake/folder";
import { importRoster } from "../src/pipeline/roster/importRoster";
import { rosterOnDisk } from "../src/pipeline/roster/rosterFile";
import { run } from "../src/pipeline/run";
import { type SampleDistrict, sampleDistrict } from "../src/sample/district";
import { writeDistrict } from "../src/sample/reportFiles";
import { writeRoster } from "../src/sample/roster";
import { FolderSource } from "../test/helpers/folderSource";
import { firstDayOfHistory } from "./dayByDay";

const salt = "of the dashboard's benchmark";
const daysPerRun = 10;

export interface DashboardLake {
  /** The lake's folder. */
  readonly folder: string;
  readonly district: SampleDistrict;
  /** The school day after those of the lake. */
  readonly nextDay: string;
}

/**
 * A lake with this many days of a large district, built by the pipeline. It takes minutes and gigabytes, so it is kept
 * in the temporary folder and reused.
 */
export async function dashboardLake(students: number, days: number): Promise<DashboardLake> {
  const place = path.join(
    tmpdir(),
    `clever-lake-bench-dashboard-${students}-${days}-from-${firstDayOfHistory}`,
  );
  const district = sampleDistrict({
    students,
    teachers: Math.round(students / 18),
    staff: Math.round(students / 140),
    schools: Math.max(1, Math.round(students / 1200)),
    days: days + 1,
    firstDay: firstDayOfHistory,
  });
  const lake = { folder: path.join(place, "lake"), district, nextDay: district.days[days] ?? "" };
  if (await exists(path.join(lake.folder, rosterTable))) return lake;
  const unfinished = path.join(place, "unfinished");
  await rm(place, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  for (let first = 0; first < days; first += daysPerRun) {
    const dates = district.days.slice(first, Math.min(first + daysPerRun, days));
    await addDays(unfinished, district, dates);
    console.error(`  ${first + dates.length} of ${days} days`);
  }
  await addRoster(unfinished, district);
  await rename(unfinished, lake.folder);
  return lake;
}

/** Ingests days (ascending) of the district into a lake's folder. */
export async function addDays(
  lakeFolder: string,
  district: SampleDistrict,
  dates: readonly string[],
): Promise<void> {
  const [from, to] = [dates[0], dates.at(-1)];
  if (from === undefined || to === undefined) return;
  const reports = `${lakeFolder}-reports`;
  try {
    const files = await writeDistrict(district, reports, { from, to });
    const { anonymized } = await run({
      command: "run",
      lake: await FolderLake.open(lakeFolder),
      source: new FolderSource(reports),
      salt,
      userTypes,
    });
    if (anonymized !== files.length) throw new Error(`${anonymized} of ${files.length} files were brought.`);
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
}

async function addRoster(lakeFolder: string, district: SampleDistrict): Promise<void> {
  const folder = `${lakeFolder}-roster`;
  try {
    const file = await rosterOnDisk(path.join(folder, await writeRoster(district, folder)));
    await importRoster({ lake: await FolderLake.open(lakeFolder), file, salt });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function exists(place: string): Promise<boolean> {
  return access(place).then(
    () => true,
    () => false,
  );
}
