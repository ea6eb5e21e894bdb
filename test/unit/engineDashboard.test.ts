import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isCleverLakeError } from "../../src/basics/errors";
import { groupsTable } from "../../src/clever/layout";
import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";
import type { DashboardParams } from "../../src/engine/messages/messages";
import * as protocol from "../../src/engine/messages/protocol";
import { Dashboards } from "../../src/engine/server/dashboard";
import { engineInMemory } from "../helpers/engine";
import { lakeFolders } from "../helpers/indexLines";
import { lakeRows } from "../helpers/lakeRows";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

const everything: DashboardFilter = { ...openingFilter, range: { preset: "all" } };
const people = (count: number) => Array.from({ length: count }, (_, number) => `person-${number}`);

async function addDay(fixture: PipelineFixture, date: string, count: number): Promise<void> {
  await fixture.put(dailyPath(date), dailyCsv(...people(count).map((person) => daily(person, date))));
  await fixture.put(
    usagePath(date),
    usageCsv(...people(count).map((person) => usage(person, "Maths", date))),
  );
  await fixture.run();
}

async function questions(
  fixture: PipelineFixture,
  changes: Partial<DashboardParams> = {},
): Promise<DashboardParams> {
  return {
    connection: {
      sftp: { host: "127.0.0.1", username: "nobody" },
      lake: { url: fixture.lake.url },
    },
    secrets: {},
    filter: everything,
    minimumGroupSize: 3,
    keepWhole: "schools",
    schoolYearStart: "08-01",
    isListed: false,
    cacheFolder: await temporaryFolder(),
    ...changes,
  };
}

const users = (answer: protocol.DashboardAnswer | protocol.NoAnswer) =>
  "empty" in answer ? "empty" : answer.cards.users.value;

test("the engine answers from the current tables, and reports its reading progress", async () => {
  const fixture = await PipelineFixture.create();
  const { request, logs } = engineInMemory();
  const params = await questions(fixture);
  const noLakeAt = fixture.lake.url;
  expect(await request(protocol.dashboard, params)).toEqual({ empty: true, noLakeAt });
  await mkdir(path.join(fileURLToPath(noLakeAt), "stage1np"), { recursive: true });
  expect(await request(protocol.dashboard, params)).toEqual({ empty: true });
  await addDay(fixture, "2024-09-03", 5);
  const progress: protocol.DashboardProgress[] = [];
  // The engine checks the tables' versions at most once a second.
  await expect
    .poll(async () =>
      users(await request(protocol.dashboard, params, { onProgress: (state) => progress.push(state) })),
    )
    .toBe(5);
  expect(progress.at(-1)).toEqual({ ready: 1, months: 1 });
  const answer = await request(protocol.dashboard, params);
  expect(answer).toMatchObject({
    from: "2024-09-03",
    to: "2024-09-03",
    minimumGroupSize: 3,
    keepWhole: "schools",
    cards: { users: { value: 5 }, logins: { value: 5 }, accesses: { value: 5 }, days: { value: 1 } },
    versions: { dailyParticipation: 0, resourceUsage: 0 },
    bySchool: [{ school: "North High", users: 5 }],
  });
  const many = await request(protocol.dashboard, { ...params, minimumGroupSize: 6 });
  expect(users(many)).toBeNull();
  expect(logs).toEqual([]);
});

test("after a run, the next query includes its rows", async () => {
  const fixture = await PipelineFixture.create();
  const sample = await engineInMemory().request(protocol.startSample, {
    folder: await temporaryFolder(),
    size: { students: 60, teachers: 0, staff: 0, schools: 2, days: 2 },
  });
  const { request } = engineInMemory();
  const params = await questions(fixture);
  const { host, port, username, hostKey, password } = sample;
  const connected = {
    connection: { ...params.connection, sftp: { host, port, username, hostKey } },
    secrets: { password, salt: "a salt of the district" },
  };
  expect(users(await request(protocol.dashboard, params))).toBe("empty");
  await request(protocol.run, { ...connected, command: "run" });
  expect(users(await request(protocol.dashboard, params))).toBeGreaterThan(30);
});

test("files in quarantine are found in the lake if the server has not been listed", async () => {
  const fixture = await PipelineFixture.create();
  await addDay(fixture, "2024-09-03", 4);
  await fixture.put(dailyPath("2024-09-04"), "nonsense\n1\n");
  await fixture.run();
  const { request } = engineInMemory();
  const params = await questions(fixture);
  const quarantined = ["2024-09-04-daily-participation-students.csv"];
  expect(await request(protocol.dashboard, params)).toMatchObject({ quarantined });
  const earlier = { ...everything, range: { from: "2024-09-01", to: "2024-09-03" } };
  expect(await request(protocol.dashboard, { ...params, filter: earlier })).toMatchObject({
    quarantined: [],
  });
  expect(await request(protocol.dashboard, { ...params, isListed: true })).not.toHaveProperty("quarantined");
});

test("a cancelled query is answered as such, and the next one as usual", async () => {
  const fixture = await PipelineFixture.create();
  await addDay(fixture, "2024-09-03", 4);
  const { request } = engineInMemory();
  const params = await questions(fixture);
  const cancel = new AbortController();
  const older = request(protocol.dashboard, params, { cancel: cancel.signal });
  const refused = expect(older).rejects.toBe("cancelled");
  cancel.abort();
  const newer = request(protocol.dashboard, {
    ...params,
    filter: { ...everything, schools: ["North High"] },
  });
  await refused;
  expect(users(await newer)).toBe(4);
});

test.each([
  [{ filter: { ...everything, range: { from: "2024-09-03", to: "2024-09-01" } } }],
  [{ filter: { ...everything, userTypes: ["parents" as "staff"] } }],
  [{ minimumGroupSize: -1 }],
  [{ minimumGroupSize: 2.5 }],
  [{ schoolYearStart: "8-1" }],
])("refuses %o", async (changes) => {
  const { request } = engineInMemory();
  const params = await questions(await PipelineFixture.create(), changes);
  await expect(request(protocol.dashboard, params)).rejects.toSatisfy((error) =>
    isCleverLakeError(error, "config"),
  );
});

test("a released index is loaded from the cache", async () => {
  const fixture = await PipelineFixture.create();
  await addDay(fixture, "2024-09-03", 4);
  const params = await questions(fixture);
  const ask = async (idleMilliseconds: number) => {
    const problems: string[] = [];
    await using dashboards = new Dashboards((problem) => problems.push(problem), idleMilliseconds);
    const signal = new AbortController().signal;
    const states: protocol.DashboardProgress[] = [];
    const answers = [
      await dashboards.answer(params, signal, (state) => states.push(state)),
      await dashboards.answer({ ...params, filter: openingFilter }, signal, () => undefined),
    ];
    expect(problems).toEqual([]);
    return { answers: answers.map((answer) => ({ ...answer, computed: "" })), first: states[0] };
  };
  const built = await ask(60_000);
  expect(built.first).toEqual({ ready: 0, months: 1 });
  const [folder = ""] = await lakeFolders(params.cacheFolder);
  const before = await readdir(folder);
  const read = await ask(0);
  expect(read).toEqual({ answers: built.answers, first: { ready: 1, months: 1 } });
  expect(await readdir(folder)).toEqual(before);
});

test("a roster's import updates the table of groups, with the minimum group size that it has", async () => {
  const fixture = await PipelineFixture.create();
  await addDay(fixture, "2024-09-03", 4);
  const { request } = engineInMemory();
  const { connection, cacheFolder } = await questions(fixture);
  const connected = { connection: { ...connection, keepWhole: "grades" as const }, secrets: { salt } };
  const file = path.join(await temporaryFolder(), "students.csv");
  await writeFile(
    file,
    [
      "Student_id,School_id,Grade",
      ...["1,1", "1,1", "1,2", "1,2"].map((rest, number) => `sis-person-${number},${rest}`),
      "",
    ].join("\n"),
  );
  const importRoster = () =>
    request(protocol.importRoster, {
      ...connected,
      origin: "disk",
      path: file,
      keepRaw: false,
      replace: false,
    });
  const cohorts = async () =>
    (await lakeRows(fixture.lake, groupsTable)).flatMap(
      ({ cohort, grade, group_number, minimum_group_size }) =>
        cohort === null ? [] : [[grade, group_number, minimum_group_size]],
    );
  await request(protocol.updateGroups, {
    ...connected,
    minimumGroupSize: 2,
    keepWhole: "grades",
    cacheFolder,
  });
  expect(await cohorts()).toEqual([[null, 1, 2]]);
  await importRoster();
  expect(await cohorts()).toEqual([
    ["1", 1, 2],
    ["2", 2, 2],
  ]);
});
