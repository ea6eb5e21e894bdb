import { copyFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { cachedPeople, indexLines, plainLines, rowsOfFolder } from "../helpers/indexLines";
import { dailyPath, PipelineFixture } from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

const oeaFile = path.join(import.meta.dirname, "../fixtures/oea/daily-participation-students.csv");

test("the index of OEA's published file agrees with its rows", async () => {
  const fixture = await PipelineFixture.create();
  await mkdir(path.join(fixture.server, "daily-participation"), { recursive: true });
  await copyFile(oeaFile, path.join(fixture.server, dailyPath("2022-01-12")));
  await fixture.run();
  const cacheFolder = await temporaryFolder();
  await using keeper = new IndexKeeper({ cacheFolder });
  const index = await keeper.current(fixture.lake);
  expect(index).toMatchObject({ people: 600, hasGrades: false, versions: { resourceUsage: null } });
  expect(await indexLines(index, await cachedPeople(cacheFolder))).toEqual(
    plainLines(await rowsOfFolder(fixture.server)),
  );
});

test("the index of a sample district agrees with its rows, even when read from the cache", async () => {
  const fixture = await PipelineFixture.create();
  const size = { students: 250, teachers: 20, staff: 10, schools: 4, days: 12, firstDay: "2025-09-22" };
  await writeDistrict(sampleDistrict(size), fixture.server);
  await fixture.run();
  const cacheFolder = await temporaryFolder();
  const expected = plainLines(await rowsOfFolder(fixture.server));
  for (const _ of ["built", "read"]) {
    await using keeper = new IndexKeeper({ cacheFolder });
    const index = await keeper.current(fixture.lake);
    expect(index?.months.map(({ month }) => month)).toEqual(["2025-09", "2025-10"]);
    expect(await indexLines(index, await cachedPeople(cacheFolder))).toEqual(expected);
  }
});
