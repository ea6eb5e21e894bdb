import { afterEach, expect, test } from "vitest";
import { AdoptCommand } from "../../src/ui/adoptCommand";
import { RepairCommand } from "../../src/ui/repairCommand";
import { UpkeepCommands } from "../../src/ui/upkeepCommands";
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
    act: (...parts: Parts) => new UpkeepCommands(...parts).optimize(),
  },
  vacuum: {
    found: [{ table: "t", problem: null, files: [{ path: "a", size: 1 }] }],
    answers: ["30", "Remove"],
    act: (...parts: Parts) => new UpkeepCommands(...parts).vacuum(),
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
    act: (...parts: Parts) => new RepairCommand(...parts).repair(),
  },
  adopt: {
    found: [{ table: "t", rows: 2, distinctRows: 1 }],
    answers: ["Adopt"],
    act: (...parts: Parts) => new AdoptCommand(...parts, () => Promise.resolve()).adopt(),
  },
};
type Parts = ConstructorParameters<typeof RepairCommand>;

test.each(Object.entries(commands))(
  "%s works on the lake that it asked about, though another window changes the settings meanwhile",
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
      refresh: () => Promise.resolve(),
    } as never;
    const client = {
      request: async (_call: unknown, { connection, dryRun }: { connection: unknown; dryRun: boolean }) => {
        asked.push([connection, dryRun]);
        return summary;
      },
    } as never;
    answers.push(...command.answers);
    expect(await command.act(model, client, log)).toBe(summary);
    expect(asked).toEqual([
      [{ lake: 0 }, true],
      [{ lake: 0 }, false],
    ]);
  },
);

test("a repair without a salt looks for nothing and offers to enter one", async () => {
  const model = { connected: async () => ({ connection: {}, secrets: {} }) } as never;
  expect(await new RepairCommand(model, {} as never, log).repair()).toBeUndefined();
  expect(calls.map(({ name, parameters }) => [name, ...parameters])).toEqual([
    [
      "showErrorMessage",
      expect.stringMatching(/^There is no salt/),
      "Change Salt or Credentials",
      "Show Log",
    ],
  ]);
});
