import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { removeLocal } from "../../src/basics/filesInUse";
import { isAlive } from "../../src/basics/processSpace";
import { openingFilter } from "../../src/dashboard/filter";
import { EngineClient } from "../../src/engine/client/client";
import type { SampleServer } from "../../src/engine/messages/messages";
import * as protocol from "../../src/engine/messages/protocol";
import { sampleRows } from "../helpers/dashboardCsv";

/** The engine of the unpacked VSIX. */
const { ENGINE_MODULE: modulePath = "" } = process.env;
const password = "a password";
const size = { students: 40, teachers: 4, staff: 2, schools: 2, days: 2 };

let client: EngineClient;
let folder: string;
let sample: SampleServer;

beforeAll(async () => {
  client = new EngineClient({ modulePath });
  folder = await mkdtemp(path.join(tmpdir(), "clever-lake-engine-"));
  sample = await client.request(protocol.startSample, { folder, password, size });
});

afterAll(async () => {
  await client.dispose();
  await removeLocal(folder);
});

function connected() {
  const { host, port, username, hostKey, lakeUrl } = sample;
  return {
    connection: { sftp: { host, port, username, hostKey }, lake: { url: lakeUrl } },
    secrets: { password, salt: "a salt for the engine of the package" },
  };
}

test("the package's engine ingests the sample and verifies the lake", async () => {
  expect(sample.lakeUrl).toMatch(/^file:\/\/\/[A-Z]:\//);
  const asked = { ...connected(), command: "run" } as const;
  expect(await client.request(protocol.run, asked)).toMatchObject({ landed: 12, anonymized: 12, failed: [] });
  expect(await client.request(protocol.verify, connected())).toMatchObject({ problems: [] });
});

test("it answers the dashboard's questions, from its index the second time", async () => {
  const question = {
    ...connected(),
    filter: { ...openingFilter, range: { preset: "all" as const } },
    minimumGroupSize: 3,
    keepWhole: "schools" as const,
    schoolYearStart: "08-01",
    isListed: false,
    cacheFolder: path.join(folder, "cache"),
  };
  const students = sampleRows(size, ["1"]).participation.filter(({ userType }) => userType === "students");
  const people = new Set(students.map(({ person }) => person));
  for (let time = 0; time < 2; time++) {
    const answer = await client.request(protocol.dashboard, question);
    expect("empty" in answer ? "empty" : answer.cards.users.value).toBe(people.size);
  }
  expect(await readdir(question.cacheFolder)).toEqual(["dashboard"]);
});

test("it ends with its parent process", async () => {
  const pid = client.pid ?? 0;
  expect(isAlive(pid)).toBe(true);
  await client.dispose();
  expect(isAlive(pid)).toBe(false);
});
