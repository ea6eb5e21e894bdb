import { expect, onTestFinished, test, vi } from "vitest";
import * as vscode from "vscode";
import { CleverLakeError } from "../../src/basics/errors";
import type { EngineClient } from "../../src/engine/client/client";
import type { TableItem } from "../../src/engine/messages/messages";
import type { ConnectionModel } from "../../src/ui/connection/connectionModel";
import { LakeTree } from "../../src/ui/trees/lakeTree";
import { RunsTree } from "../../src/ui/trees/runsTree";

const table: TableItem = {
  name: "daily_participation",
  path: "stage2p/clever/daily_participation",
  version: 3,
  rows: 20,
  files: 1,
  bytes: 2_000,
  changed: null,
  problem: null,
};
const stage = { name: "stage2p", identities: false, tables: [table] };
const parent = { kind: "stage", stage } as const;
const landing = {
  kind: "landing",
  parent: { kind: "landings", parent },
  folder: "2025-09-22",
  time: "2025-09-22T00:00:00Z",
} as const;
const file = {
  path: "stage1np/clever/2025-09-22/2025-09-22-daily-participation-students.csv",
  size: 2_000,
  modified: "2025-09-22T00:00:00Z",
};

const listen = () => ({ dispose: () => undefined });

function treeWith(changedByOthers: readonly object[] = []): LakeTree {
  const model = { lake: { changedByOthers }, onDidChange: listen, onDidChangeLake: listen };
  return new LakeTree({
    model: model as unknown as ConnectionModel,
    client: {} as EngineClient,
    log: {} as never,
  });
}

test("a screen reader hears the name and the state of a table or landed file", () => {
  const heard = (tree: LakeTree, each: TableItem) =>
    tree.getTreeItem({ kind: "table", parent, table: each }).accessibilityInformation?.label;
  expect(heard(treeWith(), table)).toBe("daily_participation, 20 rows · version 3");
  expect(heard(treeWith(), { ...table, problem: "A file is missing. Run clever-lake verify." })).toBe(
    "daily_participation. A file is missing. Run “Clever: Verify the Lake”.",
  );
  const finding = { table: table.path, problem: "Rows were removed. `clever-lake repair` rebuilds them." };
  expect(heard(treeWith([finding]), table)).toBe(
    "daily_participation, changed by another program. Rows were removed. “Clever: Repair the Lake” rebuilds them.",
  );
  const landed = { kind: "landed", parent: landing, file } as const;
  expect(treeWith().getTreeItem(landed).accessibilityInformation?.label).toBe(
    "2025-09-22-daily-participation-students.csv, 2.0 kB",
  );
});

test("characters that reorder text are visible in the name of a landed file", () => {
  const reordered = { ...file, path: "stage1np/clever/2025-09-22/a\u202evsc.exe" };
  const node = { kind: "landed", parent: landing, file: reordered } as const;
  const { label, tooltip, accessibilityInformation } = treeWith().getTreeItem(node);
  expect([label, tooltip, accessibilityInformation?.label]).toEqual([
    "a\\u{202e}vsc.exe",
    "stage1np/clever/2025-09-22/a\\u{202e}vsc.exe",
    "a\\u{202e}vsc.exe, 2.0 kB",
  ]);
});

test("the log has the reason why the lake or its runs cannot be shown", async () => {
  const logged: string[] = [];
  const log = { error: (text: string) => void logged.push(text) } as never;
  const connected = () => Promise.reject(new CleverLakeError("network", "No route.", { hint: "Wait." }));
  const model = { connected, mayLoad: true, onDidChange: listen, onDidChangeLake: listen };
  const parts = { model: model as unknown as ConnectionModel, client: {} as EngineClient, log };
  for (const tree of [new LakeTree(parts), new RunsTree(parts, { running: undefined, onDidBegin: listen })]) {
    expect(await tree.getChildren()).toMatchObject([{ kind: "failed" }]);
    tree.dispose();
  }
  expect(logged).toEqual(["No route. Wait.", "No route. Wait."]);
});

test("an earlier read that fails after a change does not discard the result of a later one", async () => {
  const answers: { resolve(overview: object): void; reject(error: Error): void }[] = [];
  let change = () => {};
  const model = {
    mayLoad: true,
    lake: { changedByOthers: [] },
    connected: async () => ({}),
    onDidChange: listen,
    onDidChangeLake: (listener: () => void) => {
      change = listener;
      return listen();
    },
  };
  const request = () => new Promise<object>((resolve, reject) => answers.push({ resolve, reject }));
  const tree = new LakeTree({ model, client: { request }, log: { error: () => undefined } } as never);
  const before = tree.getChildren();
  await expect.poll(() => answers.length).toBe(1);
  change();
  const now = tree.getChildren();
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.resolve({ stages: [stage], landings: [] });
  expect(await now).toHaveLength(1);
  answers[0]?.reject(new CleverLakeError("network", "The lake cannot be reached."));
  expect(await before).toMatchObject([{ kind: "failed" }]);
  expect(await tree.getChildren()).toHaveLength(1);
  expect(answers).toHaveLength(2);
});

test("views say that there is no lake, instead of showing an empty one", async () => {
  const setContext = vi.spyOn(vscode.commands, "executeCommand");
  onTestFinished(() => setContext.mockRestore());
  const client = { request: () => Promise.reject(new CleverLakeError("notFound", "There is no lake here.")) };
  const model = { connected: async () => ({}), mayLoad: true, onDidChange: listen, onDidChangeLake: listen };
  const parts = { model, client, log: {} } as never;
  for (const tree of [new LakeTree(parts), new RunsTree(parts, { running: undefined, onDidBegin: listen })]) {
    expect(await tree.getChildren()).toEqual([]);
    expect(setContext).toHaveBeenLastCalledWith("setContext", "clever.noLake", true);
    tree.dispose();
  }
});
