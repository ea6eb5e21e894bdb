import { expect, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { formatCommit } from "../../src/delta/log/actions";
import { commitPath } from "../../src/delta/paths";
import { readSnapshot } from "../../src/delta/snapshot";
import { repairLake } from "../../src/pipeline/repair/repair";
import { openLake, startEmulator } from "../helpers/adls";
import { runInto } from "../helpers/adlsPipeline";
import { lakeRows, sharedDuck } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture, salt } from "../helpers/pipelineFixture";

const table = pseudoTable(reports.daily_participation);

test("a table with deletion vectors is rebuilt in an account, next to the old one, and swapped", async () => {
  const emulator = await startEmulator({ fileSystems: ["stage1np", "stage2np", "stage2p"] });
  const fixture = await PipelineFixture.create();
  const { source } = fixture;
  await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
  const lake = openLake(emulator);
  await runInto(lake, source);
  const rows = await lakeRows(lake, table);
  const snapshot = await readSnapshot({ lake, duck: await sharedDuck() }, table);
  const [file] = snapshot?.files.values() ?? [];
  if (snapshot === undefined || file === undefined) throw new Error("there are no rows");
  const names = ["deletionVectors"];
  const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: names, writerFeatures: names };
  const add = { ...file, deletionVector: { storageType: "i" } };
  const commit = formatCommit([{ commitInfo: { operation: "DELETE" } }, { protocol }, { add }]);
  await lake.putIfAbsent(commitPath(table, snapshot.version + 1), Buffer.from(commit));
  expect(await runInto(openLake(emulator), source)).toMatchObject({
    changedByOthers: [{ table, months: [] }],
  });

  const { tables } = await repairLake({ lake: openLake(emulator), salt, dryRun: false });
  expect(tables).toMatchObject([{ table, rebuilt: "table", rowsAfter: 2, problem: null }]);
  expect(await lakeRows(lake, table)).toEqual(rows);
  const { replaced } = tables[0] ?? {};
  expect(emulator.files("stage2p")).toContain(
    `${replaced?.slice("stage2p/".length)}/_delta_log/00000000000000000000.json`,
  );
  expect(await runInto(openLake(emulator), source)).toMatchObject({ anonymized: 0, changedByOthers: [] });
});
