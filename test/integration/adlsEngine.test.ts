import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { openingFilter } from "../../src/dashboard/opening";
import { EngineClient } from "../../src/engine/client/client";
import type { ReportItem, TokenAnswer, TokenParams } from "../../src/engine/messages/messages";
import * as engine from "../../src/engine/messages/protocol";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { startEmulator } from "../helpers/adls";
import { buildCommandLine } from "../helpers/cli";
import { temporaryFolder } from "../helpers/temporaryFolder";

const modulePath = path.resolve(import.meta.dirname, "..", "..", "dist", "engine.mjs");
const password = "planted-password-8d1f";
const salt = "planted-salt-77ab";

/** The built engine, and a sample district whose lake is in Azure, with the sign-in of VS Code's account. */
async function connect(emulator: AdlsEmulator, token: (params: TokenParams) => Promise<TokenAnswer>) {
  await buildCommandLine();
  const logs: string[] = [];
  const client = new EngineClient({
    modulePath,
    execPath: process.execPath,
    token,
    onLog: ({ message }) => logs.push(message),
  });
  onTestFinished(() => client.dispose());
  const { host, port, username, hostKey } = await client.request(engine.startSample, {
    folder: await temporaryFolder(),
    password,
    size: { students: 40, teachers: 4, staff: 2, schools: 2, days: 2 },
  });
  const lake = { url: emulator.url, auth: "vscode" as const };
  const connection = { sftp: { host, port, username, hostKey }, lake };
  return { client, logs, connected: { connection, secrets: { password, salt } } };
}

const everything = { command: "run" } as const;

test("everything that the extension shows works on a lake in Azure, with tokens that the engine requests", async () => {
  const emulator = await startEmulator({ tokens: [{ token: "first" }, { token: "second" }] });
  const asked: TokenParams[] = [];
  const { client, logs, connected } = await connect(emulator, (params) => {
    asked.push(params);
    const token = params.refused === null ? "first" : "second";
    return Promise.resolve({ token, expires: Date.now() + 3_600_000 });
  });
  expect(await client.request(engine.testConnection, connected)).toMatchObject({ salt: "unclaimed" });

  asked.length = 0;
  emulator.clearLog();
  emulator.inject({ fault: { kind: "expiredToken" }, number: 60 });
  const summary = await client.request(engine.run, { ...connected, ...everything });
  expect(summary).toMatchObject({ landed: 12, anonymized: 12, failed: [] });
  await expect
    .poll(() => logs)
    .toEqual([
      expect.stringMatching(
        /^Azure: 401 InvalidAuthenticationInfo to [A-Z]+ \/devaccount\/.+ \(request [0-9a-f-]{36}, /,
      ),
    ]);
  const scope = "https://storage.azure.com/.default";
  expect(asked).toEqual([
    { scope, refused: null },
    { scope, refused: "first" },
  ]);

  const reports: ReportItem[] = [];
  await client.request(engine.listReports, connected, { onProgress: (items) => reports.push(...items) });
  expect(reports.filter(({ state }) => state === "anonymized")).toHaveLength(12);
  const { stages, landings } = await client.request(engine.lakeContents, connected);
  expect(stages.map(({ tables }) => tables.length)).toEqual([1, 2, 2]);
  const [landing] = landings;
  const { files } = await client.request(engine.landedFiles, { ...connected, folder: landing?.folder ?? "" });
  expect(files).toHaveLength(12);
  const preview = await client.request(engine.previewReport, {
    ...connected,
    origin: "lake",
    path: files[0]?.path ?? "",
  });
  expect(preview.info).toMatchObject({ problem: null, truncated: false });
  const { runs } = await client.request(engine.listRuns, { ...connected, from: 0, count: 20 });
  expect(runs).toMatchObject([{ outcome: "done", counts: { landed: 12 } }]);
  const answer = await client.request(engine.dashboard, {
    ...connected,
    filter: { ...openingFilter, range: { preset: "all" } },
    minimumGroupSize: 0,
    keepWhole: "schools",
    schoolYearStart: "08-01",
    isListed: false,
    cacheFolder: await temporaryFolder(),
  });
  expect("cards" in answer && answer.cards.users.value).toBeGreaterThan(30);
  expect((await client.request(engine.verify, connected)).problems).toEqual([]);
});

test("an engine that gets no token passes on the extension's error", async () => {
  const emulator = await startEmulator();
  const { client, connected } = await connect(emulator, () =>
    Promise.reject(
      new CleverLakeError("auth", "Nobody is signed in.", { hint: "Sign in by the accounts menu." }),
    ),
  );
  await expect(client.request(engine.run, { ...connected, ...everything })).rejects.toMatchObject({
    code: "auth",
    message: "Nobody is signed in.",
    hint: "Sign in by the accounts menu.",
  });
  expect(emulator.requests).toEqual([]);
});

test("an unreachable lake is reported as such by every request", async () => {
  const emulator = await AdlsEmulator.start();
  const { client, connected } = await connect(emulator, () =>
    Promise.resolve({ token: "t", expires: Date.now() + 3_600_000 }),
  );
  await emulator[Symbol.asyncDispose]();
  const away = { code: "network", message: expect.stringContaining("cannot be reached (ECONNREFUSED)") };
  await expect(client.request(engine.listReports, connected)).rejects.toMatchObject(away);
  await expect(client.request(engine.listRuns, { ...connected, from: 0, count: 1 })).rejects.toMatchObject(
    away,
  );
}, 120_000);
