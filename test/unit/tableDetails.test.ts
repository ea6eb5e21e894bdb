import { describe, expect, it } from "vitest";
import { digitalActivityTable, ingestLogTable, lookupTable, pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { lakeTables } from "../../src/pipeline/catalogue/lakeContents";
import { tableDetails } from "../../src/pipeline/catalogue/tableDetails";
import { sharedDuck } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture, pseudonym } from "../helpers/pipelineFixture";

const pseudo = pseudoTable(reports.daily_participation);
const lookup = lookupTable(reports.daily_participation);

async function lakeOf(days: Readonly<Record<string, readonly string[]>>) {
  const fixture = await PipelineFixture.create();
  for (const [day, people] of Object.entries(days)) {
    await fixture.put(dailyPath(day), dailyCsv(...people.map((person) => daily(person, day))));
    await fixture.run();
  }
  const describeTable = async (table: string) =>
    tableDetails({ lake: fixture.lake, duck: await sharedDuck() }, table);
  return { fixture, describeTable };
}

describe("a table's details", () => {
  it("are its schema, months newest first, commits and newest rows", async () => {
    const { describeTable } = await lakeOf({
      "2024-09-03": ["a", "b"],
      "2024-10-01": ["a"],
      "2024-11-04": ["c"],
    });
    const details = await describeTable(pseudo);
    expect(details).toMatchObject({ path: pseudo, files: 3, rows: 4 });
    expect(details.columns.slice(0, 2)).toEqual([
      { name: "date", type: "date", partition: false },
      { name: "sis_id_pseudonym", type: "string", partition: false },
    ]);
    expect(details.columns.filter(({ partition }) => partition).map(({ name }) => name)).toEqual([
      "year",
      "month",
    ]);
    expect(details.partitions.map(({ name, rows }) => [name, rows])).toEqual([
      ["year=2024, month=11", 1],
      ["year=2024, month=10", 1],
      ["year=2024, month=9", 2],
    ]);
    expect(details.commits.map(({ version }) => version)).toEqual(
      Array.from({ length: details.version + 1 }, (_, index) => details.version - index),
    );
    expect(details.commits[0]).toMatchObject({ filesAdded: 1, filesRemoved: 0, rowsAdded: 1 });
    expect(details.commits[0]?.time).toMatch(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
    const [november, october, ...september] = details.firstRows?.map((row) => row.slice(0, 2)) ?? [];
    expect([november, october]).toEqual([
      ["2024-11-04", pseudonym("sis-c")],
      ["2024-10-01", pseudonym("sis-a")],
    ]);
    // Rows of one file have no order.
    expect(new Set(september)).toEqual(
      new Set(["sis-a", "sis-b"].map((id) => ["2024-09-03", pseudonym(id)])),
    );
  });

  it("contain no rows if the table may contain identities", async () => {
    const { describeTable } = await lakeOf({ "2024-09-03": ["a"] });
    for (const table of [lookup, ingestLogTable]) {
      const details = await describeTable(table);
      expect(details.firstRows).toBeNull();
      expect(details.rows).toBeGreaterThan(0);
    }
  });

  it("exist for each table that the lake's contents list", async () => {
    const { fixture, describeTable } = await lakeOf({ "2024-09-03": ["a"] });
    await fixture.run({ digitalActivity: true });
    const tables = await lakeTables({ lake: fixture.lake, duck: await sharedDuck() });
    expect(tables.map((table) => table.path)).toContain(digitalActivityTable);
    for (const table of tables) expect(await describeTable(table.path)).toMatchObject({ path: table.path });
  });

  it("exist for the lake's own tables only", async () => {
    const { describeTable } = await lakeOf({});
    for (const table of [pseudo, "stage2p/other/table", "../stage2np", ""]) {
      await expect(describeTable(table)).rejects.toMatchObject({ code: "notFound", subject: table });
    }
  });
});
