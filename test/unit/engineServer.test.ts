import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reportNames, reports } from "../../src/clever/reports";
import { openingFilter } from "../../src/dashboard/opening";
import type {
  ConnectionSettings,
  ReportItem,
  RunProgress,
  SampleParams,
  WorkProgress,
} from "../../src/engine/messages/messages";
import * as protocol from "../../src/engine/messages/protocol";
import { FolderLake } from "../../src/lake/folder";
import { engineInMemory } from "../helpers/engine";
import { sharedDuck } from "../helpers/lakeRows";
import { splitBySource } from "../helpers/splitFiles";
import { temporaryFolder } from "../helpers/temporaryFolder";
import { SilentServer } from "../host/silentServer";

const size = { students: 60, teachers: 8, staff: 4, schools: 2, days: 3 };
const salt = "a salt of the district";

async function withSample() {
  const folder = await temporaryFolder();
  const engine = engineInMemory();
  const sample = await engine.request(protocol.startSample, { folder, size });
  const { host, port, username, hostKey } = sample;
  const connection: ConnectionSettings = {
    sftp: { host, port, username, hostKey },
    lake: { url: sample.lakeUrl },
  };
  const connected = { connection, secrets: { password: sample.password, salt } };
  const list = async () => {
    const files: ReportItem[] = [];
    const { count } = await engine.request(protocol.listReports, connected, {
      onProgress: (batch) => files.push(...batch),
    });
    expect(files).toHaveLength(count);
    return files;
  };
  return { ...engine, folder, sample, connected, list };
}

const everything = { command: "run" } as const;

describe("the engine over message streams", () => {
  it("reports an unread file because another folder has a newer one of the same name", async () => {
    const { sample, list } = await withSample();
    const { path: older = "" } = (await list())[0] ?? {};
    const newer = `elsewhere/${path.posix.basename(older)}`;
    await mkdir(`${sample.reportsFolder}/elsewhere`);
    await writeFile(`${sample.reportsFolder}/${newer}`, "x");
    const files = await list();
    expect(files.find((file) => file.path === older)).toMatchObject({
      state: "ignored",
      unread: {
        reason: `${newer} has the same name and is newer; only that one is read`,
        report: true,
      },
    });
    expect(files.filter(({ unread }) => unread !== undefined)).toHaveLength(1);
  });

  it("ingests a district, and reports the state of each file", async () => {
    const { request, connected, list, sample } = await withSample();
    expect(await request(protocol.testConnection, connected)).toEqual({
      reports: 18,
      salt: "unclaimed",
      isOeas: false,
    });
    const before = (await list()).map(({ state, landed }) => `${state} ${landed}`);
    expect(before).toEqual([...Array.from({ length: 18 }, () => "new undefined"), "ignored undefined"]);

    const states: RunProgress[] = [];
    const summary = await request(
      protocol.run,
      { ...connected, ...everything },
      { onProgress: (state) => states.push(state) },
    );
    expect(summary).toMatchObject({ landed: 18, anonymized: 18, failed: [], quarantined: [] });
    expect(states[0]?.phase).toBe("listing");
    expect(states.at(-1)).toMatchObject({ filesLanded: 18, filesAnonymized: 18, underWay: [] });

    const files = await list();
    const first = files[0];
    expect(first).toMatchObject({ state: "anonymized", landed: { runId: summary.runId, rowsRefused: 0 } });
    expect(first?.landed?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(first?.landed?.rowsRead).toBe(first?.landed?.rowsWritten);
    expect(Date.parse(first?.modified ?? "")).toBeGreaterThan(0);

    const { stages, landings } = await request(protocol.lakeContents, connected);
    expect(
      stages.map(({ name, identities, tables }) => [name, identities, tables.map((t) => t.name)]),
    ).toEqual([
      ["stage1np", true, ["_ingest_log"]],
      ["stage2np", true, ["daily_participation_lookup", "resource_usage_lookup"]],
      ["stage2p", false, ["daily_participation_pseudo", "resource_usage_pseudo"]],
    ]);
    expect(stages[2]?.tables[0]).toMatchObject({
      problem: null,
      version: 0,
      files: 1,
      rows: summary.rows.daily_participation,
    });
    expect(landings).toHaveLength(1);
    const folder = landings[0]?.folder ?? "";
    const landed = await request(protocol.landedFiles, { ...connected, folder });
    expect(landed.files).toHaveLength(18);
    expect(landed.files.map(({ path }) => path)).toContain(first?.landed?.landedPath);

    const { total, runs } = await request(protocol.listRuns, { ...connected, from: 0, count: 10 });
    expect(total).toBe(1);
    expect(runs[0]).toMatchObject({
      runId: summary.runId,
      outcome: "done",
      files: 18,
      counts: { landed: 18, anonymized: 18, failed: 0 },
    });
    const details = await request(protocol.readRun, { ...connected, runId: summary.runId });
    expect(details.summary).toEqual(summary);
    expect(details.log).toHaveLength(18);
    expect(details.log.map(({ outcome }) => outcome)).toEqual(Array(18).fill("anonymized"));
    expect(details.notReached).toEqual([]);

    const answer = await request(protocol.dashboard, {
      ...connected,
      filter: { ...openingFilter, range: { preset: "all" } },
      minimumGroupSize: 5,
      keepWhole: "schools",
      schoolYearStart: "08-01",
      isListed: false,
      cacheFolder: await temporaryFolder(),
    });
    expect("cards" in answer && answer.cards.users.value).toBeGreaterThan(40);
    const verification = await request(protocol.verify, connected);
    expect(verification.problems).toEqual([]);

    expect((await request(protocol.testConnection, connected)).salt).toBe("matches");
    const wrong = { ...connected, secrets: { ...connected.secrets, salt: "another" } };
    expect((await request(protocol.testConnection, wrong)).salt).toBe("differs");
    expect(await request(protocol.forget, {})).toEqual({});

    // The district's folder keeps enough to restart the same server, but no password.
    const { password, port, ...same } = sample;
    expect(await readFile(path.join(sample.reportsFolder, "..", "server.json"), "utf8")).not.toContain(
      password,
    );
    const again = await request(protocol.startSample, {
      folder: path.dirname(sample.reportsFolder),
      password: "of the user's own",
    });
    expect(again).toEqual({ ...same, password: "of the user's own", port: expect.any(Number) });
  });

  it("tests the login without a lake and the lake without a server", async () => {
    const { request, connected, sample } = await withSample();
    const { sftp } = connected.connection;
    const login = (password: string) => request(protocol.testLogin, { sftp, secrets: { password } });
    expect(await login(sample.password)).toEqual({});
    await expect(login("another")).rejects.toMatchObject({ code: "auth" });
    await request(protocol.run, { ...connected, ...everything });
    // With another password, the server starts again, at another port.
    const folder = path.dirname(sample.reportsFolder);
    await request(protocol.startSample, { folder, password: "another" });
    await expect(login(sample.password)).rejects.toMatchObject({ code: "network" });

    const lakeWith = (salt?: string) =>
      request(protocol.testLake, { ...connected, secrets: salt === undefined ? {} : { salt } });
    expect(await lakeWith(salt)).toEqual({ salt: "matches", isOeas: false });
    expect(await lakeWith("another")).toEqual({ salt: "differs", isOeas: false });
    expect(await lakeWith()).toEqual({ salt: "notGiven", isOeas: false });
  });

  it("imports the sample's roster from the server and from disk, and shows its table", async () => {
    const { request, connected, sample } = await withSample();
    await request(protocol.run, { ...connected, ...everything });
    const rosterPath = sample.rosterPath ?? "";
    const roster = {
      ...connected,
      path: rosterPath,
      origin: "server",
      keepRaw: false,
      replace: false,
    } as const;
    const progress: WorkProgress[] = [];
    const summary = await request(protocol.importRoster, roster, {
      onProgress: (state) => progress.push(state),
    });
    expect(summary).toMatchObject({ outcome: "imported", refused: 0, unknownGrades: [], keptRaw: null });
    expect(summary.students).toBeGreaterThan(50);
    expect(summary.inReports).toBe(summary.students);
    expect(progress.at(-1)?.done).toBe(progress.at(-1)?.all);
    const path = `${sample.reportsFolder}/${rosterPath}`;
    const fromDisk = await request(protocol.importRoster, { ...roster, origin: "disk", path });
    expect(fromDisk).toMatchObject({ outcome: "unchanged", students: summary.students });
    const { stages } = await request(protocol.lakeContents, connected);
    const [table] = stages.find(({ name }) => name === "stage2p")?.tables.slice(-1) ?? [];
    expect(table).toMatchObject({ name: "students_pseudo", version: 0, rows: summary.students });
    expect((await request(protocol.verify, connected)).problems).toEqual([]);
  });

  it("merges small data files after listing them, and removes unused ones", async () => {
    const { request, connected } = await withSample();
    await request(protocol.run, { ...connected, ...everything });
    const lake = await FolderLake.open(fileURLToPath(connected.connection.lake.url));
    for (const name of reportNames) {
      await splitBySource(lake, await sharedDuck(), pseudoTable(reports[name]));
    }
    const progress: WorkProgress[] = [];
    const onProgress = (state: WorkProgress) => progress.push(state);
    const planned = await request(protocol.optimize, { ...connected, dryRun: true }, { onProgress });
    expect(progress).toEqual([]);
    const done = await request(protocol.optimize, { ...connected, dryRun: false }, { onProgress });
    const last = progress.at(-1);
    expect(last).toEqual({ done: last?.all, all: expect.any(Number) });
    const files = ({ tables }: typeof done) => tables.map(({ table, after }) => [table, after.files]);
    expect(files(done)).toEqual(files(planned));
    expect((await request(protocol.verify, connected)).problems).toEqual([]);
    const vacuum = { ...connected, dryRun: false, olderThanDays: protocol.minimumRetentionDays };
    expect(await request(protocol.vacuum, vacuum)).toMatchObject({ files: 0, bytes: 0 });
    await expect(request(protocol.vacuum, { ...vacuum, olderThanDays: 1 })).rejects.toMatchObject({
      code: "config",
    });
  });

  it("reports a killed run as interrupted", async () => {
    const { request, connected } = await withSample();
    const { runId } = await request(protocol.run, { ...connected, ...everything, command: "ingest" });
    const details = await request(protocol.readRun, { ...connected, runId });
    expect(details.outcome).toBe("done");
    const lake = new URL(`${connected.connection.lake.url}/stage1np/clever/_runs/${runId}.json`);
    const record = JSON.parse(await readFile(lake, "utf8")) as object;
    await writeFile(lake, JSON.stringify({ ...record, outcome: "running" }));
    const cutOff = await request(protocol.readRun, { ...connected, runId });
    expect(cutOff.outcome).toBe("interrupted");
    await expect(request(protocol.readRun, { ...connected, runId: "none" })).rejects.toMatchObject({
      code: "notFound",
    });
  });

  it("reports errors with code, message, subject and hint", async () => {
    const { request, connected } = await withSample();
    const { connection, secrets } = connected;
    const badUrl = { ...connected, connection: { ...connection, lake: { url: "nowhere" } } };
    await expect(request(protocol.lakeContents, badUrl)).rejects.toMatchObject({
      name: "CleverLakeError",
      code: "config",
      message: expect.stringContaining("lake.url") as string,
    });
    const badPassword = { connection, secrets: { ...secrets, password: "wrong one" } };
    const refused = request(protocol.testConnection, badPassword);
    await expect(refused).rejects.toMatchObject({ code: "auth", hint: expect.any(String) as string });
    await expect(refused).rejects.not.toMatchObject({
      message: expect.stringContaining("wrong one") as string,
    });
    const untrusted = {
      connection: { ...connection, sftp: { ...connection.sftp, hostKey: `SHA256:${"A".repeat(43)}` } },
      secrets,
    };
    await expect(request(protocol.testConnection, untrusted)).rejects.toMatchObject({ code: "hostKey" });
    // The refusals do not prevent another attempt.
    expect((await request(protocol.testConnection, connected)).salt).toBe("unclaimed");
  });

  it("answers an internal error without its text, and logs its location", async () => {
    const { request, logs } = engineInMemory();
    const nonsense = { folder: ["S1234567"] } as unknown as SampleParams;
    const answer = request(protocol.startSample, nonsense);
    await expect(answer).rejects.toMatchObject({ code: "internal" });
    await expect(answer).rejects.not.toMatchObject({
      message: expect.stringContaining("S1234567") as string,
    });
    expect(logs[0]?.message).toMatch(/^TypeError ERR_INVALID_ARG_TYPE\n\s+at /);
  });

  it("lets a queued request be cancelled", async () => {
    const { request, connected } = await withSample();
    const first = request(protocol.run, { ...connected, ...everything });
    const abort = new AbortController();
    const second = request(protocol.run, { ...connected, ...everything }, { cancel: abort.signal });
    setTimeout(() => abort.abort(), 20);
    await expect(second).rejects.toBe("cancelled");
    expect((await first).landed).toBe(18);
    const third = await request(protocol.run, { ...connected, ...everything });
    expect(third).toMatchObject({ landed: 0, unchanged: 18 });
  });

  it("previews a landed file as well as one on the server", async () => {
    const { request, connected, sample, list } = await withSample();
    const file = "resource-usage/2025-08-25-resource-usage-staff.csv";
    await appendFile(path.join(sample.reportsFolder, file), "2025-08-25,too,few\n");
    const ours = await request(protocol.previewReport, { ...connected, origin: "server", path: file });
    expect(ours.info).toMatchObject({ refused: [ours.info.rowCount - 1], truncated: false });
    expect(ours.info.columns[1]).toEqual({
      name: "staff_id",
      reportColumn: "sis_id",
      type: "string",
      identity: true,
    });
    const pages = { token: ours.token, from: 0, count: 1000 };
    const masked = await request(protocol.previewRows, { ...pages, reveal: false });
    expect(masked).toHaveLength(ours.info.rowCount);
    expect(masked[0]?.cells.slice(0, 3)).toEqual(["2025-08-25", null, null]);
    expect(masked.at(-1)?.cells).toEqual([null, null, null]);

    await request(protocol.run, { ...connected, ...everything, command: "ingest" });
    const landedPath = (await list()).find((item) => item.path === file)?.landed?.landedPath ?? "";
    const theirs = await request(protocol.previewReport, { ...connected, origin: "lake", path: landedPath });
    const revealed = { ...pages, token: theirs.token, reveal: true };
    expect(await request(protocol.previewRows, revealed)).toEqual(masked);
    const reveal = await request(protocol.revealPreview, { ...connected, token: theirs.token });
    expect(reveal).toMatchObject({ origin: "lake", path: landedPath });
    const shown = await request(protocol.previewRows, revealed);
    expect(shown.at(-1)?.cells).toEqual(["2025-08-25", "too", "few"]);
    expect(shown[0]?.cells).not.toContain(null);
    expect(await request(protocol.previewRows, { ...revealed, reveal: false })).toEqual(masked);
    await request(protocol.closePreview, { token: theirs.token });
    await expect(
      request(protocol.previewRows, { ...pages, token: theirs.token, reveal: false }),
    ).rejects.toMatchObject({ code: "notFound" });
    for (const unsafe of ["../../etc/passwd", "stage1np/none.csv"]) {
      const code = unsafe.startsWith("..") ? "unsafePath" : "notFound";
      await expect(
        request(protocol.previewReport, { ...connected, origin: "lake", path: unsafe }),
      ).rejects.toMatchObject({ code });
    }
  });

  it("says that there is no lake, instead of showing an empty one", async () => {
    const folder = path.join(await temporaryFolder(), "lake");
    await mkdir(folder);
    const { request } = engineInMemory();
    const connection = { sftp: { host: "h", username: "u" }, lake: { url: pathToFileURL(folder).href } };
    const connected = { connection, secrets: {} };
    const noLake = { code: "notFound", message: expect.stringContaining("There is no lake here") };
    await expect(request(protocol.lakeContents, connected)).rejects.toMatchObject(noLake);
    const runs = request(protocol.listRuns, { ...connected, from: 0, count: 5 });
    await expect(runs).rejects.toMatchObject(noLake);
    expect(await request(protocol.landedFiles, { ...connected, folder: "../x" })).toEqual({ files: [] });
  });

  it("shows the lake while a server does not answer", async () => {
    await using silent = await SilentServer.start();
    const { request } = engineInMemory();
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, "stage1np"));
    const connection = {
      sftp: { host: "127.0.0.1", port: silent.port, username: "u", timeoutSeconds: 30 },
      lake: { url: pathToFileURL(folder).href },
    };
    const connected = { connection, secrets: { password: "p" } };
    const leave = new AbortController();
    let isOver = false;
    const listing = request(protocol.listReports, connected, { cancel: leave.signal })
      .catch(() => undefined)
      .finally(() => {
        isOver = true;
      });
    await expect.poll(() => silent.connections).toBe(1);
    const { stages } = await request(protocol.lakeContents, connected);
    expect(stages).toHaveLength(3);
    expect(isOver).toBe(false);
    leave.abort();
    await listing;
  });
});
