import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { describeError } from "../../src/basics/errors";
import { rosterTable, saltFingerprintPath } from "../../src/clever/layout";
import { sqlString } from "../../src/duck/duck";
import { importRoster } from "../../src/pipeline/roster/importRoster";
import { rosterOnDisk } from "../../src/pipeline/roster/rosterFile";
import { sampleDistrict } from "../../src/sample/district";
import { writeRoster } from "../../src/sample/roster";
import { lakeRows, sharedDuck } from "../helpers/lakeRows";
import { PipelineFixture, salt } from "../helpers/pipelineFixture";
import { foundIn, rosterIdentities } from "../helpers/rosterIdentities";

const district = sampleDistrict({ students: 300, teachers: 0, staff: 0, schools: 3, days: 5 });

async function withRoster() {
  const fixture = await PipelineFixture.create();
  const file = path.join(fixture.server, await writeRoster(district, fixture.server));
  const text = await readFile(file, "utf8");
  const take = async (keepRaw = false) =>
    importRoster({ lake: fixture.lake, file: await rosterOnDisk(file), salt, keepRaw });
  return { fixture, file, text, identities: rosterIdentities(text), take };
}

/** A file's bytes and decompressed contents, as text. */
async function contentOf(place: string): Promise<string> {
  const text = await readFile(place, "utf8");
  if (!place.endsWith(".parquet")) return text;
  const duck = await sharedDuck();
  const tables = ["read_parquet", "parquet_metadata", "parquet_kv_metadata"];
  const parts = tables.map((table) =>
    duck.session((session) =>
      session.query(`SELECT to_json(row_)::VARCHAR AS json FROM ${table}(${sqlString(place)}) row_`),
    ),
  );
  return [text, ...(await Promise.all(parts)).flat().map(({ json }) => String(json))].join("\n");
}

test("the lake contains nothing of the roster except pseudonym, school and grade", async () => {
  const { fixture, file, text, identities, take } = await withRoster();
  expect(identities.size).toBeGreaterThan(2_000);
  await take();
  // Twelve imports, so that the searched files include a checkpoint.
  for (let n = 0; n < 12; n++) {
    const [, ...lines] = text.trimEnd().split("\n");
    await writeFile(file, [text.split("\n", 1)[0], ...lines.slice(3 * (n + 1)), ""].join("\n"));
    expect((await take()).outcome).toBe("imported");
  }
  const files = [...(await fixture.tree()).keys()];
  expect(files.some((name) => name.endsWith(".checkpoint.parquet"))).toBe(true);
  expect(files.filter((name) => name.startsWith("stage1np"))).toEqual([saltFingerprintPath]);
  for (const name of files) {
    const content = await contentOf(fixture.lake.localPath(name));
    expect(foundIn(`${name}\n${content}`, identities), name).toEqual([]);
    expect(content.includes(salt), name).toBe(false);
  }
  const [row] = await lakeRows(fixture.lake, rosterTable);
  expect(Object.keys(row ?? {})).toEqual(["sis_id_pseudonym", "school_id", "grade"]);
});

test("the raw file is only in stage1np, readable by its owner, and only if requested", async () => {
  const { fixture, identities, take } = await withRoster();
  const { keptRaw } = await take(true);
  for (const name of (await fixture.tree()).keys()) {
    const found = foundIn(await contentOf(fixture.lake.localPath(name)), identities);
    expect(found.length > 0, name).toBe(name === keptRaw);
  }
  expect(keptRaw).toMatch(/^stage1np\//);
});

test("no summary and no error quotes the roster, whatever is wrong with it", async () => {
  const { fixture, file, text, identities, take } = await withRoster();
  const lines = text.trimEnd().split("\n");
  const [header = "", ...rows] = lines;
  const shifted = rows.map((row) => row.slice(row.indexOf(",") + 1));
  const contents = [
    // Rows without their first cell, with an extra one, with an open quote, or with a split cell.
    [header, ...rows.slice(0, 150), ...shifted.slice(150)],
    [header, ...rows.map((row, i) => (i % 3 === 0 ? `${row},more` : row))],
    [header, ...rows.map((row, i) => (i === 40 ? row.replace(",", ',"') : row))],
    [header, ...rows.map((row, i) => (i % 5 === 0 ? row.replace(",", ",,") : row))],
    [header, ...shifted],
    [header.replace("Grade", "Last").replace("Last_name", "Grade"), ...rows],
    [header.replace("Grade", "Mail").replace("Student_email", "Grade"), ...rows],
    [header.replace("Grade", "Born").replace("DOB", "Grade"), ...rows],
    rows,
  ];
  const outcomes: string[] = [];
  for (const content of contents) {
    await writeFile(file, content.join("\n"));
    const reported = await take().then(
      (summary) => {
        outcomes.push(summary.outcome);
        return JSON.stringify(summary);
      },
      (error: unknown) => {
        outcomes.push("error");
        return describeError(error);
      },
    );
    expect(foundIn(reported.replaceAll(file, ""), identities), reported).toEqual([]);
  }
  expect(outcomes.filter((outcome) => outcome === "error").length).toBeGreaterThan(3);
  expect(outcomes).toContain("imported");
  for (const name of (await fixture.tree()).keys()) {
    expect(foundIn(await contentOf(fixture.lake.localPath(name)), identities), name).toEqual([]);
  }
});
