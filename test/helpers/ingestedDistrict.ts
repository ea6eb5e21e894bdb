import { copyFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "csv-parse/sync";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import type { ParticipationIndex } from "../../src/dashboard/index/participationIndex";
import { importRoster } from "../../src/pipeline/roster/importRoster";
import { rosterOnDisk } from "../../src/pipeline/roster/rosterFile";
import { type SampleOptions, sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { writeRoster } from "../../src/sample/roster";
import { rowsOfFolder } from "./indexLines";
import { dailyPath, PipelineFixture, salt } from "./pipelineFixture";
import { plainPeople } from "./plainPeople";
import type { RandomRows } from "./randomDistrict";
import { temporaryFolder } from "./temporaryFolder";

/** A district as the dashboard has it, through the whole pipeline, and as its files say it. */
export interface IngestedDistrict {
  readonly rows: RandomRows;
  readonly index: ParticipationIndex;
  readonly hasGrades: boolean;
}

/** Files of Clever's in a folder, and perhaps a roster beside it, ingested into a lake. */
async function ingested(fixture: PipelineFixture, roster?: string): Promise<IngestedDistrict> {
  await fixture.run();
  if (roster !== undefined)
    await importRoster({ lake: fixture.lake, file: await rosterOnDisk(roster), salt });
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  const index = await keeper.current(fixture.lake);
  if (!index) throw new Error("The lake holds no row.");
  const { participation, usage } = await rowsOfFolder(fixture.server, (id) => id);
  const personOf = plainPeople([...participation, ...usage]);
  const grades = await gradesIn(roster);
  const gradeOf = new Map<string | null, string>();
  for (const row of [...participation, ...usage]) {
    const grade = grades.get(row.person ?? "");
    if (grade !== undefined) gradeOf.set(personOf(row), grade);
  }
  const told = <Row extends (typeof participation)[number] | (typeof usage)[number]>(row: Row) => {
    const person = personOf(row);
    return { ...row, person, grade: gradeOf.get(person) ?? null };
  };
  return {
    rows: { participation: participation.map(told), usage: usage.map(told) },
    index,
    hasGrades: roster !== undefined,
  };
}

async function gradesIn(roster: string | undefined): Promise<ReadonlyMap<string, string>> {
  if (roster === undefined) return new Map();
  const records: Readonly<Record<string, string>>[] = parse(await readFile(roster), { columns: true });
  return new Map(records.map(({ Student_id = "", Grade = "" }) => [Student_id, Grade]));
}

export async function ingestedSample(options: SampleOptions): Promise<IngestedDistrict> {
  const fixture = await PipelineFixture.create();
  const district = sampleDistrict(options);
  await writeDistrict(district, fixture.server);
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
