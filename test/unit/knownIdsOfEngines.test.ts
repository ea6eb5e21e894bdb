import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { Duck, sqlFile } from "../../src/duck/duck";
import type { OpenReadEngine } from "../../src/pipeline/read/readEngine";
import { lakeRows } from "../helpers/lakeRows";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

test("an external engine and the judge know the people of the run's daily participation", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(
    dailyPath("2024-09-03"),
    dailyCsv(daily("amy", "2024-09-03"), daily("zoe", "2024-09-03")),
  );
  await fixture.put(usagePath("2024-09-03"), usageCsv(usage("amy", "Progress of clever-zoe", "2024-09-03")));
  let known: unknown[] = [];
  const engine: OpenReadEngine = (task) => ({
    readClean: async () => {
      if (task.report.name === "daily_participation") await wait(500);
      else {
        const file = await task.knownIds();
        await using duck = await Duck.open({ threads: 1 });
        const rows = await duck.session((session) =>
          session.query(`SELECT id FROM read_parquet(${sqlFile(file)}) ORDER BY id`),
        );
        known = rows.map(({ id }) => id);
      }
      return { read: [], staged: [] };
    },
  });
  await fixture.run({ engine });
  expect(known).toEqual(["clever-amy", "clever-zoe", "sis-amy", "sis-zoe"]);
  const rows = await lakeRows(fixture.lake, pseudoTable(reports.resource_usage));
  expect(rows.map((row) => row.resource_name)).toEqual(["Progress of [pseudonym]"]);
});
