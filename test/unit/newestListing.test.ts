import { afterEach, expect, test, vi } from "vitest";
import type { EngineClient } from "../../src/engine/client/client";
import { SampleCommands } from "../../src/ui/commands/sampleCommands";
import { ConnectionModel } from "../../src/ui/connection/connectionModel";
import type { SampleDistrict } from "../../src/ui/connection/sampleDistrict";
import { initialAnswers } from "../../src/ui/wizard/connectionAnswers";
import { SealedStore, secretsIn } from "../helpers/sealedStore";
import { calls, settings, answers as userAnswers, workspace } from "../helpers/vscodeStub";

afterEach(() => {
  workspace.isTrusted = true;
  calls.length = 0;
  for (const name of Object.keys(settings)) delete settings[name];
});

/** A connection whose listings are answered one by one, each with one report. */
async function connected() {
  const answers: (() => void)[] = [];
  const request = vi.fn((_call: unknown, _params: unknown, { onProgress, signal }: RequestOptions) => {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
      answers.push(() => {
        onProgress([{ path: "a.csv", state: "new" }]);
        resolve({ isNew: false, overdue: [], needsAdoption: false, changedByOthers: [] });
      });
    });
  });
  const client = { request } as unknown as EngineClient;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
  const sample = { connected: () => Promise.resolve({}) } as unknown as SampleDistrict;
  const model = new ConnectionModel(client, secretsIn(new SealedStore()), sample, log);
  const given = { ...initialAnswers, host: "reports.example", username: "district", lakeUrl: "file:///lake" };
  await model.keep(given, { password: "a password", salt: "a salt" });
  return { model, answers, sample };
}

interface RequestOptions {
  readonly onProgress: (items: readonly unknown[]) => void;
  readonly signal: AbortSignal;
}

test("who waits for the reports waits for the newest listing, not for one that it ended", async () => {
  const { model, answers } = await connected();
  const first = model.refresh();
  await expect.poll(() => answers).toHaveLength(1);
  let isLoaded = false;
  const loaded = model.loaded().then(() => {
    isLoaded = true;
  });
  const second = model.refresh();
  await first;
  await expect.poll(() => answers).toHaveLength(2);
  expect(isLoaded).toBe(false);
  answers[1]?.();
  await Promise.all([second, loaded]);
  expect([model.state, model.reports.length]).toEqual(["loaded", 1]);
  model.dispose();
});

test("in Restricted Mode, the first request by the user lets views and tabs look again", async () => {
  const { model, answers } = await connected();
  workspace.isTrusted = false;
  const told: string[] = [];
  model.onDidChangeLake(() => told.push("lake"));
  model.onDidChangeConnection(() => told.push("connection"));
  const first = model.refresh();
  await expect.poll(() => answers).toHaveLength(1);
  expect(told).toEqual(["lake", "connection"]);
  answers[0]?.();
  await first;
  model.dispose();
});

test("entering and leaving the sample district lists its server once, and then the user's own", async () => {
  const { model, answers, sample } = await connected();
  const commands = new SampleCommands({} as never, model, sample);
  const listed = async (number: number, action: Promise<void>) => {
    await expect.poll(() => answers).toHaveLength(number);
    answers.at(-1)?.();
    await action;
    expect(answers).toHaveLength(number);
    expect(model.state).toBe("loaded");
  };
  await listed(1, model.refresh());
  userAnswers.push("Use the Sample District");
  await listed(2, commands.try());
  await listed(3, commands.leave());
  expect(calls.at(-1)?.parameters[0]).toBe("You have left the sample district. Your connection is restored.");
  model.dispose();
});
