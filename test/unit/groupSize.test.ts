import { afterEach, expect, test } from "vitest";
import type { EngineClient } from "../../src/engine/client/client";
import { createAssets } from "../../src/ui/commands/assetsCommand";
import type { ConnectionModel } from "../../src/ui/connection/connectionModel";
import { GroupSize } from "../../src/ui/dashboard/groupSize";
import { reported } from "../../src/ui/messages";
import { memento } from "../helpers/memento";
import { answers, calls, setFocus, settings, Uri } from "../helpers/vscodeStub";

const setting = "clever.minimumGroupSize";
const confirmed = "clever.everyNumberConfirmed";

afterEach(() => {
  calls.length = 0;
  setFocus(true);
  delete settings[setting];
});

test("a size that shows every number is reverted if the confirmation is cancelled", async () => {
  settings[setting] = 0;
  answers.push(undefined);
  expect(await new GroupSize(memento()).current()).toBe(10);
  expect(settings[setting]).toBeUndefined();
});

test("it stays if it was confirmed in another window before it is cancelled in this one", async () => {
  const state = memento();
  settings[setting] = 0;
  answers.push(() => state.update(confirmed, true));
  expect(await new GroupSize(state).current()).toBe(0);
  expect(settings[setting]).toBe(0);
});

test("another size that was set during the confirmation is not reverted", async () => {
  settings[setting] = 0;
  answers.push(() => {
    settings[setting] = 20;
  });
  expect(await new GroupSize(memento()).current()).toBe(20);
});

test("an unfocused window does not ask and uses the answer given in the focused one", async () => {
  const state = memento();
  settings[setting] = 1;
  setFocus(false);
  const size = new GroupSize(state).current();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(calls).toEqual([]);
  await state.update(confirmed, true);
  setFocus(true);
  expect(await size).toBe(1);
  expect(calls).toEqual([]);
});

test("the wait of an unfocused window can be cancelled", async () => {
  settings[setting] = 1;
  setFocus(false);
  const abort = new AbortController();
  const size = new GroupSize(memento()).current(abort.signal);
  abort.abort(new Error("Stopped."));
  await expect(size).rejects.toThrow("Stopped.");
  setFocus(true);
  expect(calls).toEqual([]);
});

test.each([
  ["confirmed", "Show Every Number", [expect.objectContaining({ minimumGroupSize: 0 })]],
  ["cancelled", undefined, []],
])(
  "files for other products are only written with a size that is intended: %s",
  async (_what, answer, written) => {
    settings[setting] = 0;
    const asked: unknown[] = [];
    const client = {
      request: (_call: unknown, params: unknown) => {
        asked.push(params);
        return Promise.resolve({
          folder: "/work",
          assets: [],
          written: [],
          unchanged: [],
          kept: [],
          skipped: [],
        });
      },
    } as unknown as EngineClient;
    const connection = { lake: { url: "file:///lake" } };
    const model = { connected: () => Promise.resolve({ connection }) } as unknown as ConnectionModel;
    const size = new GroupSize(memento());
    const parts = { model, client, log: {} as never };
    answers.push((items: unknown) => items, [Uri.file("/work")], answer);
    await reported({} as never, () => createAssets(parts, size));
    expect(asked).toEqual(written);
    expect(settings[setting]).toBe(answer && 0);
    expect(calls.at(-1)?.name).toBe(answer ? "showInformationMessage" : "showWarningMessage");
  },
);
