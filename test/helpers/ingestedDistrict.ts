import { copyFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import type { ParticipationIndex } from "../../src/dashboard/index/participationIndex";
import { importRoster } from "../../src/pipeline/roster/importRoster";
import { rosterOnDisk } from "../../src/pipeline/roster/rosterFile";
import { type SampleOptions, sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { writeRoster } from "../../src/sample/roster";
import { districtRows } from "./districtRows";
import { dailyPath, PipelineFixture, salt } from "./pipelineFixture";
import { PlainRows } from "./plainRows";
import type { RandomRows } from "./randomDistrict";
import { temporaryFolder } from "./temporaryFolder";

/** A district as the dashboard has it after the whole pipeline, and as in its files. */
export interface IngestedDistrict {
  readonly district: RandomRows;
  readonly rows: PlainRows;
  readonly index: ParticipationIndex;
  /** The index without the roster's grades. */
  readonly withoutGrades: ParticipationIndex;
  /** Paths of the files in quarantine. */
  readonly quarantined: readonly string[];
}

/** Clever's files in a folder, and optionally a roster, ingested into a lake. */
async function ingested(fixture: PipelineFixture, roster?: string): Promise<IngestedDistrict> {
  const { quarantined } = await fixture.run();
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  const withoutGrades = await keeper.current(fixture.lake);
  if (roster !== undefined)
    await importRoster({ lake: fixture.lake, file: await rosterOnDisk(roster), salt });
  keeper.recheck();
  const index = await keeper.current(fixture.lake);
  if (!index || !withoutGrades) throw new Error("The lake holds no row.");
  const district = await districtRows(fixture.server, roster);
  return {
    district,
    rows: new PlainRows(district, roster !== undefined),
    index,
    withoutGrades,
    quarantined: quarantined.map(({ path: file }) => file),
  };
}

/**
 * A sample district with its roster.
 *
 * @param change modifies the files on the server before they are ingested
 */
export async function ingestedSample(
  options: SampleOptions,
  change: (server: string) => Promise<void> = () => Promise.resolve(),
): Promise<IngestedDistrict> {
  const fixture = await PipelineFixture.create();
  const district = sampleDistrict(options);
  await writeDistrict(district, fixture.server);
  await change(fixture.server);
  const folder = await temporaryFolder();
  return ingested(fixture, path.join(folder, await writeRoster(district, folder)));
}

const oeaFile = path.join(import.meta.dirname, "../fixtures/oea/daily-participation-students.csv");

/** The file that OEA published. */
export async function ingestedOea(): Promise<IngestedDistrict> {
  const fixture = await PipelineFixture.create();
  await mkdir(path.join(fixture.server, "daily-participation"), { recursive: true });
  await copyFile(oeaFile, path.join(fixture.server, dailyPath("2022-01-12")));
  return ingested(fixture);
}
