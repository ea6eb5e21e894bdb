import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { lakeAddressesOf } from "../../src/assets/lakeAddresses";
import { synapseScripts } from "../../src/assets/sql/scripts";
import { groupsTable, pseudoTable, rosterTable } from "../../src/clever/layout";
import { reportNames, reports } from "../../src/clever/reports";
import { divisionOf } from "../../src/dashboard/groups/divisionTable";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import type { ParticipationIndex } from "../../src/dashboard/index/participationIndex";
import type { KeepWhole } from "../../src/dashboard/opening";
import { withTables } from "../../src/delta/withTable";
import { Duck } from "../../src/duck/duck";
import { updateGroupsWithoutRun } from "../../src/pipeline/groups/updateGroups";
import { importRoster } from "../../src/pipeline/roster/importRoster";
import { rosterOnDisk } from "../../src/pipeline/roster/rosterFile";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { dailyCsv, dailyPath, PipelineFixture, salt, usageCsv, usagePath } from "./pipelineFixture";

/** A lake with a small district and a few people who are hard to count, with its SQL views in DuckDB. */
export async function sampleViews(
  folder: string,
  counting: { readonly minimumGroupSize: number; readonly keepWhole: KeepWhole } = sampleCounting,
): Promise<{ readonly duck: Duck; readonly fixture: PipelineFixture }> {
  const fixture = await PipelineFixture.create(folder);
  const district = sampleDistrict({ students: 60, teachers: 8, staff: 3, schools: 3, days: 6 });
  await writeDistrict(district, fixture.server);
  // People with only the school system's id: one joined to a Clever id by other rows, and one who is not.
  await fixture.put(
    dailyPath("2024-09-10"),
    dailyCsv(
      "2024-09-10,sis-a,clever-a,school-9,Lone School,true,3,2",
      "2024-09-10,sis-c,clever-c,school-9,Lone School,false,0,0",
    ),
  );
  await fixture.put(
    dailyPath("2024-09-11"),
    dailyCsv(
      "2024-09-11,sis-a,,school-9,Lone School,true,1,1",
      "2024-09-11,sis-b,,school-9,Lone School,true,2,1",
    ),
  );
  await fixture.put(
    usagePath("2024-09-11"),
    usageCsv(
      "2024-09-11,sis-a,,school-9,Lone School,app,Mathlark,id-1,4",
      "2024-09-11,sis-a,,school-9,Lone School,app,Mathlark Plus,id-1,1",
      "2024-09-11,sis-b,,school-9,Lone School,link,https://example.org,,2",
      "2024-09-11,sis-b,,school-9,,link,https://example.org,,2",
      // The same link, which somebody else added.
      "2024-09-11,sis-b,,school-9,Lone School,link,https://example.org,id-2,1",
    ),
  );
  // A day without a report of daily participation. The school has a new name.
  await fixture.put(
    usagePath("2024-09-12"),
    usageCsv("2024-09-12,sis-a,clever-a,school-9,Lone Academy,app,Mathlark,id-1,1"),
  );
  expect((await fixture.run()).quarantined).toEqual([]);
  const roster = path.join(folder, "roster.csv");
  await writeFile(roster, "Student_id,School_id,Grade\nsis-a,9,3\nsis-b,9,3\nsis-c,9,4\n");
  await importRoster({ lake: fixture.lake, salt, keepRaw: false, file: await rosterOnDisk(roster) });
  await updateGroupsWithoutRun(fixture.lake, async () =>
    divisionOf(await indexOf(fixture, folder), counting),
  );
  const duck = await Duck.open({ threads: 1 });
  await makeViews(fixture, duck, synapseScripts(lakeAddressesOf("file:///data/lake")));
  return { duck, fixture };
}

const sampleCounting = { minimumGroupSize: 10, keepWhole: "schools" } as const;

/** The input of the dashboard. */
export async function indexOf(
  { lake }: PipelineFixture,
  folder: string,
): Promise<ParticipationIndex | undefined> {
  await using keeper = new IndexKeeper({ cacheFolder: path.join(folder, "cache") });
  return await keeper.current(lake);
}

/** Creates the views in DuckDB, with the lake's tables, in the declared columns and types, for OPENROWSET. */
async function makeViews(
  { lake }: PipelineFixture,
  duck: Duck,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const tables = [...reportNames.map((name) => pseudoTable(reports[name])), rosterTable, groupsTable];
  await withTables({ lake, duck }, tables, async (session, opened) => {
    const rowset =
      /^SELECT \*\nFROM OPENROWSET\(\n {2}BULK '([^']*)',\n {2}DATA_SOURCE = 'clever_lake',\n {2}FORMAT = 'DELTA'\n\) WITH \(\n([^()]*(?:\(\d+\)[^()]*)*)\n\) AS source_rows$/;
    await session.query(
      "CREATE SCHEMA lake; CREATE SCHEMA dbo; CREATE SCHEMA people; CREATE SCHEMA questions;",
    );
    for (const batch of Object.values(files).flatMap((sql) => sql.split("GO\n"))) {
      const [, name = "", body = ""] = /CREATE OR ALTER VIEW (\S+) AS\n(.*);\n$/s.exec(batch) ?? [];
      if (name === "") continue;
      const [, bulk = "", declared = ""] = rowset.exec(body) ?? [];
      if (bulk === "") {
        await session.query(`CREATE VIEW ${name} AS ${body}`);
        continue;
      }
      const columns = declared.split(",\n").map((line) => {
        const [, column = "", type = ""] = /^ {2}\[(\w+)\] (\w+)/.exec(line) ?? [];
        // In T-SQL, a bit is a number.
        return `CAST(${column} AS ${type === "bit" ? "TINYINT" : type}) AS ${column}`;
      });
      const source = opened[tables.indexOf(`stage2p/${bulk}`)]?.select;
      expect(source, bulk).toBeDefined();
      await session.query(`CREATE TABLE ${name} AS SELECT ${columns.join(", ")} FROM (${source})`);
    }
  });
}
