import { afterEach, expect, test, vi } from "vitest";
import type { EngineClient } from "../../src/engine/client/client";
import { optimize, updateActivity } from "../../src/ui/commands/upkeepCommands";
import type { ConnectionModel } from "../../src/ui/connection/connectionModel";
import { reported } from "../../src/ui/messages";
import type { Parts } from "../../src/ui/parts";
import { answers, CancellationError, calls } from "../helpers/vscodeStub";

afterEach(() => {
  calls.length = 0;
  answers.length = 0;
});

const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
const size = (files: number) => ({ files, bytes: 9 });
const planned = { tables: [{ table: "t", before: size(9), after: size(1), rewritten: 9, problem: null }] };

/** Parts whose requests the user cancels, after those with the given results. */
function parts(...results: unknown[]): Parts {
  const request = vi.fn(() => Promise.reject(new CancellationError()));
  for (const result of results) request.mockResolvedValueOnce(result as never);
  const model = { connected: () => Promise.resolve({}), lakeMayHaveChanged: () => undefined };
  const client = { request } as unknown as EngineClient;
  return { model: model as unknown as ConnectionModel, client, log };
}

const shown = () => calls.filter(({ name }) => /^show.*Message$/.test(name));
const stopped = "Stopped. Completed work is kept; run the command again to continue.";

test("work that the user cancels can be continued, and says so", async () => {
  answers.push("Merge");
  expect(await reported(log, () => optimize(parts(planned)))).toBeUndefined();
  expect(shown().map(({ parameters }) => parameters[0])).toEqual(["Merge 9 data files into 1?", stopped]);
  calls.length = 0;
  expect(await reported(log, () => updateActivity(parts()))).toBeUndefined();
  expect(shown().map(({ parameters }) => parameters[0])).toEqual([stopped]);
});

test("a dry run that the user cancels ends without a word, because it changes nothing", async () => {
  expect(await reported(log, () => optimize(parts()))).toBeUndefined();
  expect(shown()).toEqual([]);
});
