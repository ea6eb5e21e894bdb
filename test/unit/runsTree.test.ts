import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { EngineClient } from "../../src/engine/client/client";
import type { RunItem } from "../../src/engine/messages/messages";
import type { ConnectionModel } from "../../src/ui/connection/connectionModel";
import { RunsTree } from "../../src/ui/trees/runsTree";
import { setFocus, settings } from "../helpers/vscodeStub";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const listen = () => ({ dispose: () => undefined });

/** Gives the window the focus, as after the use of another one. */
async function focus(): Promise<void> {
  for (const focused of [false, true]) setFocus(focused);
  await vi.advanceTimersByTimeAsync(0);
}

/** A view of one run, whose outcome a test changes. */
function viewOf(run: { outcome: RunItem["outcome"] }, running?: string) {
  const request = vi.fn(() => Promise.resolve({ total: 1, runs: [{ ...run }] }));
  const tell = { lakeMayHaveChanged: vi.fn(), refreshQuietly: vi.fn() };
  const connected = () => Promise.resolve({});
  let changeLake = () => {};
  const onDidChangeLake = (listener: () => void) => {
    changeLake = listener;
    return listen();
  };
  const looked = { ...tell, connected, mayLoad: true, seen: 1, onDidChangeLake };
  const model = looked as unknown as ConnectionModel;
  const log = { error: () => undefined } as never;
  const own: { running: string | undefined; onDidBegin: typeof listen } = { running, onDidBegin: listen };
  const client = { request } as unknown as EngineClient;
  const tree = new RunsTree({ model, client, log }, own);
  return { tree, own, request, changeLake: () => changeLake(), ...tell };
}

test("the end of another window's or program's run is noticed, and the views are told once", async () => {
  const run: { outcome: RunItem["outcome"] } = { outcome: "running" };
  const { tree, request, lakeMayHaveChanged, refreshQuietly } = viewOf(run);
  await tree.getChildren();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(request.mock.calls.length).toBeGreaterThan(2);
  expect(lakeMayHaveChanged).not.toHaveBeenCalled();
  run.outcome = "done";
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lakeMayHaveChanged).toHaveBeenCalledOnce();
  expect(refreshQuietly).toHaveBeenCalledOnce();
  const looks = request.mock.calls.length;
  await tree.getChildren();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(request).toHaveBeenCalledTimes(looks + 1);
  tree.dispose();
});

test("a run of another window or program is noticed when the window gets the focus, and the views are told once", async () => {
  const { tree, request, lakeMayHaveChanged, refreshQuietly } = viewOf({ outcome: "done" });
  await tree.getChildren();
  await focus();
  expect(lakeMayHaveChanged).not.toHaveBeenCalled();
  const runs = [
    { runId: "2", outcome: "done" as const },
    { runId: "1", outcome: "done" as const },
  ];
  request.mockImplementation(() => Promise.resolve({ total: 2, runs }));
  for (let times = 0; times < 2; times++) await focus();
  expect(lakeMayHaveChanged).toHaveBeenCalledOnce();
  expect(refreshQuietly).toHaveBeenCalledOnce();
  tree.dispose();
  const looks = request.mock.calls.length;
  await focus();
  expect(request).toHaveBeenCalledTimes(looks);
});

test("a lake that does not answer is asked once, however often the window gets the focus", async () => {
  const { tree, request } = viewOf({ outcome: "done" });
  request.mockImplementation(() => new Promise(() => undefined));
  for (let times = 0; times < 3; times++) await focus();
  expect(request).toHaveBeenCalledOnce();
  tree.dispose();
});

test("another lake is asked while the one before does not answer", async () => {
  const { tree, request, changeLake } = viewOf({ outcome: "running" });
  await tree.getChildren();
  request.mockImplementationOnce(() => new Promise(() => undefined));
  await focus();
  changeLake();
  await tree.getChildren();
  const lists = request.mock.calls.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(request.mock.calls.length).toBeGreaterThan(lists);
  tree.dispose();
});

test("a lake that refuses the sign-in is asked again whenever the window gets the focus", async () => {
  const { tree, request } = viewOf({ outcome: "done" });
  request.mockImplementation(() => Promise.reject(new CleverLakeError("auth", "refused")));
  for (let times = 0; times < 3; times++) await focus();
  expect(request).toHaveBeenCalledTimes(3);
  tree.dispose();
});

test("a lake that refuses VS Code's sign-in is not asked again when the dialog closes, but after a change", async () => {
  settings["clever.lake.auth"] = "vscode";
  onTestFinished(() => {
    delete settings["clever.lake.auth"];
  });
  const { tree, request, changeLake } = viewOf({ outcome: "done" });
  await tree.getChildren();
  request.mockImplementation(() => Promise.reject(new CleverLakeError("auth", "refused")));
  for (let times = 0; times < 3; times++) await focus();
  expect(request).toHaveBeenCalledTimes(2);
  changeLake();
  await focus();
  expect(request).toHaveBeenCalledTimes(3);
  tree.dispose();
});

test("the first focus refreshes nothing if the view has shown no runs yet", async () => {
  const { tree, request, lakeMayHaveChanged } = viewOf({ outcome: "done" });
  await focus();
  expect(request).toHaveBeenCalledOnce();
  expect(lakeMayHaveChanged).not.toHaveBeenCalled();
  tree.dispose();
});

test("the view says once that the runs cannot be read any more, and shows them when they can be again", async () => {
  const { tree, request, lakeMayHaveChanged } = viewOf({ outcome: "done" });
  let shown = 0;
  tree.onDidChangeTreeData(() => shown++);
  await tree.getChildren();
  const answer = request.getMockImplementation();
  request.mockImplementation(() => Promise.reject(new Error("gone")));
  for (let times = 0; times < 2; times++) await focus();
  expect(shown).toBe(1);
  request.mockImplementation(answer ?? expect.fail);
  await focus();
  expect(lakeMayHaveChanged).toHaveBeenCalledOnce();
  tree.dispose();
});

test("the lake is not read again and again for this window's own run, nor by a closed window", async () => {
  const own = viewOf({ outcome: "running" }, "Clever: 1 of 2");
  const closed = viewOf({ outcome: "running" });
  for (const { tree } of [own, closed]) await tree.getChildren();
  closed.tree.dispose();
  await vi.advanceTimersByTimeAsync(60_000);
  for (const { request } of [own, closed]) expect(request).toHaveBeenCalledOnce();
  own.tree.dispose();
});

test("a run whose end the views know already does not refresh them later", async () => {
  const runs = [
    { view: viewOf({ outcome: "running" }, "Clever: 1 of 2"), lists: 1 },
    { view: viewOf({ outcome: "running" }), lists: 2 },
  ];
  for (const { view } of runs) {
    await view.tree.getChildren();
    view.own.running = undefined;
    view.request.mockImplementation(() => Promise.resolve({ total: 1, runs: [{ outcome: "done" }] }));
  }
  // Another window's run, of whose end a refresh was told.
  await runs[1]?.view.tree.getChildren();
  await vi.advanceTimersByTimeAsync(60_000);
  for (const { view, lists } of runs) {
    expect(view.request).toHaveBeenCalledTimes(lists);
    expect(view.lakeMayHaveChanged).not.toHaveBeenCalled();
    view.tree.dispose();
  }
});

test("older runs are offered until there are none, also if the record of one is unreadable", async () => {
  const { tree, request } = viewOf({ outcome: "done" });
  const total = 60;
  const page = (_call?: unknown, { count } = { count: 0 }) => {
    const runs = Array.from({ length: Math.min(count, total) }, () => ({ outcome: "done" as const }));
    return Promise.resolve({ total, runs: runs.slice(1) });
  };
  request.mockImplementation(page);
  expect((await tree.getChildren()).at(-1)).toEqual({ kind: "more", left: 10 });
  tree.showOlder();
  const nodes = await tree.getChildren();
  expect([nodes.length, nodes.at(-1)?.kind]).toEqual([total - 1, "run"]);
  tree.dispose();
});
