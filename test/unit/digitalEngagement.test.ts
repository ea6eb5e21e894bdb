import path from "node:path";
import { expect, test } from "vitest";
import { Duck, sqlString } from "../../src/duck/duck";
import { FolderLake } from "../../src/lake/folder";
import { engagementSql } from "../../src/pipeline/activity/engagementSql";
import { exportEngagement } from "../../src/pipeline/activity/exportEngagement";
import { temporaryFolder } from "../helpers/temporaryFolder";

test("rows of both reports become events", async () => {
  await using duck = await Duck.open();
  await duck.session(async (session) => {
    const day = await session.query(
      engagementSql(
        "daily_participation",
        "SELECT 'p1' AS sis_id_pseudonym, DATE '2025-09-01' AS date, true AS active, 3 AS num_logins",
      ),
    );
    const use = await session.query(
      engagementSql(
        "resource_usage",
        "SELECT 'p1' AS sis_id_pseudonym, DATE '2025-09-01' AS date, 'app' AS resource_type, 'Mathlark' AS resource_name, 2 AS num_access",
      ),
    );
    const time = new Date("2025-09-01");
    expect([...day, ...use]).toEqual([
      {
        event_type: null,
        event_actor: "p1",
        event_object: "Clever_Daily_Participation",
        event_eventTime: time,
        entity_type: null,
        generated_aggregateMeasure_metric_numAccess: 3,
        generated_aggregateMeasure_metric_used: true,
      },
      {
        event_type: "app",
        event_actor: "p1",
        event_object: "Clever_Resource_Usage",
        event_eventTime: time,
        entity_type: "Mathlark",
        generated_aggregateMeasure_metric_numAccess: 2,
        generated_aggregateMeasure_metric_used: null,
      },
    ]);
  });
});

test("a lake without tables gives a file without rows", async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, "events.parquet");
  await using duck = await Duck.open();
  const lake = await FolderLake.open(path.join(folder, "lake"));
  expect(await exportEngagement(lake, duck, file)).toBe(0);
  const columns = await duck.session((session) =>
    session.query(`SELECT column_name FROM (DESCRIBE SELECT * FROM ${sqlString(file)})`),
  );
  expect(columns).toHaveLength(7);
  const unwritten = { code: "io", message: "The Parquet file could not be written." };
  for (const place of [folder, path.join(folder, "missing", "events.parquet")])
    await expect(exportEngagement(lake, duck, place)).rejects.toMatchObject(unwritten);
});
