import { afterEach, expect, test } from "vitest";
import { adopt } from "../../src/ui/commands/adoptCommand";
import { repair } from "../../src/ui/commands/repairCommand";
import * as upkeep from "../../src/ui/commands/upkeepCommands";
import { reported } from "../../src/ui/messages";
import type { Parts } from "../../src/ui/parts";
import { answers, calls } from "../helpers/vscodeStub";

afterEach(() => {
  calls.length = 0;
  answers.length = 0;
});

const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;

/** What each command finds, and what is answered to its questions. */
const commands = {
  optimize: {
    found: [{ table: "t", problem: null, before: { files: 9 }, after: { files: 1 }, rewritten: 1 }],
    answers: ["Merge"],
    act: (parts: Parts) => upkeep.optimize(parts),
  },
  vacuum: {
    found: [{ table: "t", problem: null, files: [{ path: "a", size: 1 }] }],
    answers: ["30", "Remove"],
    act: (parts: Parts) => upkeep.vacuum(parts),
  },
  repair: {
    found: [
      {
        table: "t",
        problem: null,
        found: "",
        rebuilt: "months",
        months: [],
        rowsBefore: 1,
        rowsAfter: 1,
        kept: [],
        replaced: null,
      },
    ],
    answers: ["Repair"],
    act: (parts: Parts) => repair(parts),
  },
  adopt: {
    found: [{ table: "t", rows: 2, distinctRows: 1 }],
    answers: ["Adopt"],
    act: (parts: Parts) => adopt(parts, () => Promise.resolve()),
  },
};

test.each(Object.entries(commands))(
  "%s works on the lake that it asked about, even if another window changes the settings in the meantime",
  async (_name, command) => {
    const asked: unknown[] = [];
    const summary = {
      state: "planned",
      tables: command.found,
      files: { landed: 1, distinct: 1, redelivered: [] },
      bytes: 1,
      olderThanDays: 30,
      pseudonyms: { ids: 0, unsalted: 0, map: null },
      warnings: [],
      run: null,
      comparison: [],
    };
    const model = {
      connected: async () => ({ connection: { lake: asked.length }, secrets: { salt: "a salt" } }),
      lakeMayHaveChanged: () => undefined,
      refreshQuietly: () => undefined,
    } as never;
    const client = {
      request: async (_call: unknown, { connection, dryRun }: { connection: unknown; dryRun: boolean }) => {
        asked.push([connection, dryRun]);
        return summary;
      },
    } as never;
    answers.push(...command.answers);
    expect(await command.act({ model, client, log })).toBe(summary);
    expect(asked).toEqual([
      [{ lake: 0 }, true],
      [{ lake: 0 }, false],
    ]);
  },
);

test("a repair names the first months and files in its question, and all of them in the log", async () => {
  const months = Array.from({ length: 12 }, (_, at) => ({
    month: `2025-${String(at + 1).padStart(2, "0")}`,
    rowsBefore: 2,
    rowsAfter: 1,
  }));
  const kept = Array.from({ length: 10 }, (_, at) => `${at}.csv`);
  const [each] = commands.repair.found;
  const tables = [{ ...each, months, kept }];
  const logged: string[] = [];
  const info = (text: string) => void logged.push(text);
  const model = { connected: async () => ({ connection: {}, secrets: { salt: "a salt" } }) } as never;
  const client = { request: async () => ({ tables }) } as never;
  expect(await repair({ model, client, log: { info } as never })).toBeUndefined();
  const asked = calls.find(({ name }) => name === "showWarningMessage")?.parameters[1] as { detail: string };
  expect(asked.detail).toContain("2025-08: 2 → 1 rows\n4 more\n");
  expect(asked.detail).toMatch(/ 0\.csv, .*7\.csv, 2 more\n\nThe Clever Lake log has the complete list\.$/);
  expect(logged).toEqual([expect.stringMatching(/2025-12: 2 → 1 rows\n[^\n]*9\.csv$/)]);
});

test("a repair without a salt looks for nothing and offers to enter one", async () => {
  const model = { connected: async () => ({ connection: {}, secrets: {} }) } as never;
  expect(await reported(log, () => repair({ model, client: {} as never, log }))).toBeUndefined();
  expect(calls.map(({ name, parameters }) => [name, ...parameters])).toEqual([
    [
      "showErrorMessage",
      expect.stringMatching(/^There is no salt/),
      "Change Salt or Credentials",
      "Show Log",
    ],
  ]);
});
