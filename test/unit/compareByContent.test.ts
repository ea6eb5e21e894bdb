import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { EngineClient } from "../../src/engine/client/client";
import type { ReportItem, RunProgress, RunSummary } from "../../src/engine/messages/messages";
import { type ReportCommandParts, ReportCommands } from "../../src/ui/commands/reportCommands";
import type { ConnectionModel } from "../../src/ui/connection/connectionModel";
import { BackgroundCheck } from "../../src/ui/runs/backgroundCheck";
import { RunController, type RunRequest } from "../../src/ui/runs/runController";
import { CancellationError, calls, ProgressLocation, settings } from "../helpers/vscodeStub";

const checkEvery = 5;
const connected = { "clever.sftp.host": "h", "clever.lake.url": "file:///lake" };

beforeEach(() => {
  vi.useFakeTimers();
  calls.length = 0;
  Object.assign(settings, connected, {
    "clever.checkEvery": checkEvery,
    "clever.runAutomatically": true,
  });
});

afterEach(() => {
  vi.useRealTimers();
  for (const name of Object.keys(settings)) delete settings[name];
});

const connection = { lake: { url: "/lake" } };

/** What a run needs of a connection. */
function modelOf(
  connected: () => Promise<unknown> = () => Promise.resolve({ connection, secrets: { salt: "s" } }),
): ConnectionModel {
  return {
    connected,
    refresh: () => Promise.resolve(),
    lakeMayHaveChanged: () => undefined,
    onDidChangeConnection: () => ({ dispose: () => undefined }),
  } as unknown as ConnectionModel;
}

/** How often a background check starts a run. */
async function runsAfterALook(...states: readonly string[]): Promise<number> {
  return runsOnALake({}, states);
}

async function runsOnALake(lake: object, states: readonly string[]): Promise<number> {
  const run = vi.fn(() => Promise.resolve(undefined));
  const reports = states.map((state) => ({ state }));
  const model = { refresh: () => Promise.resolve(), reports, lake } as unknown as ConnectionModel;
  const check = new BackgroundCheck(model, { run, running: undefined } as unknown as RunController);
  await vi.advanceTimersByTimeAsync(checkEvery * 60_000);
  check.dispose();
  return run.mock.calls.length;
}

test("if contents are compared, the background check starts a run, since a listing cannot show what is new", async () => {
  expect(await runsAfterALook("anonymized")).toBe(0);
  expect(await runsAfterALook("anonymized", "new")).toBe(1);
  // Of a run that was interrupted.
  expect(await runsAfterALook("anonymized", "landed")).toBe(1);
  settings["clever.sftp.compare"] = "hash";
  expect(await runsAfterALook("anonymized")).toBe(1);
  settings["clever.sampleDistrict"] = true;
  expect(await runsAfterALook("anonymized")).toBe(0);
  delete settings["clever.sampleDistrict"];
  settings["clever.runAutomatically"] = false;
  expect(await runsAfterALook("anonymized")).toBe(0);
});

test("no automatic run creates a lake: it may be missing because its disk is not mounted", async () => {
  expect(await runsOnALake({ isNew: true }, ["new"])).toBe(0);
  expect(await runsOnALake({ isNew: false }, ["new"])).toBe(1);
});

test.each([
  [0.001, 1],
  [100_000, 10_080],
])("an interval of %d minutes, which VS Code accepts, is one of %i", async (minutes, interval) => {
  settings["clever.checkEvery"] = minutes;
  const refresh = vi.fn(() => Promise.resolve());
  const model = { refresh, reports: [] } as unknown as ConnectionModel;
  const check = new BackgroundCheck(model, { running: undefined } as unknown as RunController);
  await vi.advanceTimersByTimeAsync(interval * 60_000 - 1);
  expect(refresh).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(refresh).toHaveBeenCalledOnce();
  check.dispose();
});

test("a check in progress is not restarted by the background check", async () => {
  const refresh = vi.fn(() => Promise.resolve());
  const model = { refresh, reports: [], state: "loading" } as unknown as ConnectionModel;
  const check = new BackgroundCheck(model, { running: undefined } as unknown as RunController);
  await vi.advanceTimersByTimeAsync(3 * checkEvery * 60_000);
  expect(refresh).not.toHaveBeenCalled();
  check.dispose();
});

test("steps after a run use the run's connection, even if the window has changed to another one", async () => {
  const [first, second] = ["/first", "/second"].map((url) => ({
    connection: { lake: { url } },
    secrets: { salt: "s" },
  }));
  const connected = vi.fn(() => Promise.resolve(second)).mockResolvedValueOnce(first);
  const model = modelOf(connected);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
  const nothing = () => Promise.resolve();
  const after = vi.fn(() => Promise.reject(new CancellationError()));
  const client = { request: () => Promise.resolve({}) } as unknown as EngineClient;
  const runs = new RunController({ model, client, log }, nothing, nothing, after);
  await runs.run({ command: "run" });
  expect(after).toHaveBeenCalledWith(
    { command: "run" },
    first,
    expect.anything(),
    ProgressLocation.Notification,
    expect.anything(),
  );
});

test.each([
  ["busy", false, 0],
  ["busy", true, 1],
  ["salt", false, 1],
] as const)(
  "a run that ends with %s, requested by the user: %s, shows %i messages",
  async (code, isRequested, messages) => {
    const model = modelOf();
    const request = () => Promise.reject(new CleverLakeError(code, "Another run is active on this lake."));
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
    const nothing = () => Promise.resolve();
    const client = { request } as unknown as EngineClient;
    const runs = new RunController({ model, client, log }, nothing, nothing, nothing);
    expect(await runs.run({ command: "run" }, { isRequested })).toBeUndefined();
    expect(calls.filter(({ name }) => /^show.*Message$/.test(name))).toHaveLength(messages);
  },
);

const item = {
  path: "a.csv",
  state: "anonymized",
  report: "daily_participation",
  userType: "students",
  landed: { landedPath: "stage1np/a.csv" },
} as ReportItem;

test("if contents are compared, a selected report is run even if it seems unchanged", async () => {
  const items: ReportItem[] = [
    item,
    { ...item, path: "twin.csv", state: "ignored" },
    { ...item, path: "older.csv", state: "ignored", landed: undefined },
    { ...item, path: "notes.txt", state: "ignored", report: undefined, landed: undefined },
  ];
  const asked: RunRequest[] = [];
  const parts = {
    reportsTree: { filesOf: () => items },
    runs: { run: (request: RunRequest) => Promise.resolve(void asked.push(request)) },
  };
  const commands = new ReportCommands(parts as unknown as ReportCommandParts);
  const node = { kind: "file", item } as const;
  await commands.runSelected("run", node);
  expect(calls.map(({ parameters }) => parameters[0])).toEqual([
    "None of the selected reports is due: anonymized, left out, not a report.",
  ]);
  settings["clever.sftp.compare"] = "hash";
  await commands.runSelected("run", node);
  expect(asked).toEqual([{ command: "run", only: ["a.csv", "twin.csv"] }]);
});

function summaryWith(done: Pick<RunSummary, "landed" | "failed">): RunSummary {
  return {
    ...{ runId: "r", bytes: 0, anonymized: 0, unchanged: 3, superseded: 0, quarantined: [], refused: 0 },
    ...{ rows: { daily_participation: 0, resource_usage: 0 }, inQuarantine: ["b.csv"], notRead: [] },
    ...{ overdue: [], changedByOthers: [], reportsOnServer: 3, notes: [], milliseconds: 1, ...done },
  } as RunSummary;
}

/** Performs runs whose engine answers with `request`, and whose last step with `afterRun`. */
function controller(
  request: EngineClient["request"] | (() => Promise<RunSummary>),
  afterRun?: ConstructorParameters<typeof RunController>[3],
): RunController {
  const model = modelOf();
  const client = { request } as unknown as EngineClient;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
  const nothing = () => Promise.resolve();
  return new RunController({ model, client, log }, nothing, nothing, afterRun ?? nothing);
}

test.each([
  [{ landed: 0, failed: [] }, false, 0],
  [{ landed: 1, failed: [] }, false, 1],
  [{ landed: 0, failed: [{ path: "a.csv", reason: "Gone." }] }, false, 1],
  [{ landed: 0, failed: [] }, true, 1],
])("a run with %j, requested by the user: %s, shows %i messages", async (done, isRequested, messages) => {
  const summary = summaryWith(done);
  const runs = controller(() => Promise.resolve(summary));
  expect(await runs.run({ command: "run" }, { isRequested })).toBe(summary);
  expect(calls.filter(({ name }) => /^show.*Message$/.test(name))).toHaveLength(messages);
});

test("runs on their own report the same failure once, and show their progress in the status bar", async () => {
  let reason = "The disk is full.";
  const request = () => Promise.reject(new CleverLakeError("io", reason));
  const runs = controller(request);
  const shown = () => calls.filter(({ name }) => name === "showErrorMessage").length;
  const outcomes: number[] = [];
  for (const isRequested of [false, false, true, false]) {
    await runs.run({ command: "run" }, { isRequested });
    outcomes.push(shown());
  }
  reason = "The lake is gone.";
  await runs.run({ command: "run" }, { isRequested: false });
  expect([...outcomes, shown()]).toEqual([1, 1, 2, 2, 3]);
  const { Window, Notification } = ProgressLocation;
  const locations = calls.flatMap(({ name, parameters }) => (name === "withProgress" ? parameters : []));
  expect(locations).toEqual(
    [Window, Window, Notification, Window, Window].map((location) => expect.objectContaining({ location })),
  );
});

test("runs on their own report the same failure of a step after them once", async () => {
  const summary = summaryWith({ landed: 0, failed: [] });
  const after = () => Promise.resolve(new CleverLakeError("io", "The table of groups cannot be written."));
  const runs = controller(() => Promise.resolve(summary), after);
  for (const isRequested of [false, false])
    expect(await runs.run({ command: "run" }, { isRequested })).toBe(summary);
  expect(calls.filter(({ name }) => name === "showErrorMessage")).toHaveLength(1);
});

test("a run that is stopped shows this, and counts nothing any more", async () => {
  let report: (state: RunProgress) => void = () => undefined;
  let end: (error: Error) => void = () => undefined;
  const request = (_call: unknown, _params: unknown, { onProgress }: { onProgress: typeof report }) => {
    report = onProgress;
    return new Promise<never>((_resolve, reject) => {
      end = reject;
    });
  };
  const runs = controller(request as never);
  const run = runs.run({ command: "run" });
  await vi.advanceTimersByTimeAsync(0);
  const state = { bytes: 0, bytesLanded: 0, files: 3, filesToAnonymize: 3, filesAnonymized: 0, engine: null };
  report({ ...state, phase: "working", filesLanded: 3, rows: 2, underWay: [] });
  expect(runs.running).toBe("Clever: 2 rows");
  runs.cancel();
  report({ ...state, phase: "working", filesLanded: 3, rows: 3, underWay: [] });
  expect(runs.running).toBe("Clever: stopping");
  const reported = calls.flatMap(({ name, parameters }) => (name === "report" ? parameters : []));
  expect(reported.at(-1)).toEqual({ message: "stopping …" });
  end(new CancellationError());
  await run;
  expect(runs.running).toBeUndefined();
  runs.cancel();
  expect(runs.running).toBeUndefined();
});

test("the status bar names what a run writes once all rows are in the tables", async () => {
  const shown: (string | undefined)[] = [];
  const state = { bytes: 0, bytesLanded: 0, files: 3, filesToAnonymize: 3, filesAnonymized: 3, engine: null };
  const request = (_call: unknown, _params: unknown, options: { onProgress(state: RunProgress): void }) => {
    for (const phase of ["working", "merging", "activity"] as const) {
      options.onProgress({ ...state, phase, filesLanded: 3, rows: 2, underWay: [] });
      shown.push(runs.running);
    }
    return Promise.resolve(summaryWith({ landed: 1, failed: [] }));
  };
  const runs: RunController = controller(request as never, async (...[, , , , show]) => {
    show("Clever: updating the table of groups");
    shown.push(runs.running);
  });
  await runs.run({ command: "run" });
  expect(shown).toEqual([
    "Clever: 2 rows",
    "Clever: merging files",
    "Clever: updating the Digital Engagement table",
    "Clever: updating the table of groups",
  ]);
});
