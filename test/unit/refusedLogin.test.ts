import { afterEach, expect, test, vi } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { EngineClient } from "../../src/engine/client/client";
import { ConnectionModel } from "../../src/ui/connection/connectionModel";
import type { SampleDistrict } from "../../src/ui/connection/sampleDistrict";
import { BackgroundCheck } from "../../src/ui/runs/backgroundCheck";
import { RunController } from "../../src/ui/runs/runController";
import { initialAnswers } from "../../src/ui/wizard/connectionAnswers";
import { SealedStore, secretsIn } from "../helpers/sealedStore";
import { calls, answers as given, settings } from "../helpers/vscodeStub";

afterEach(() => {
  vi.useRealTimers();
  calls.length = 0;
  given.length = 0;
  for (const name of Object.keys(settings)) delete settings[name];
});

/** A connection whose every request is answered with an error of this code. */
async function connectedTo(code: "auth" | "hostKey" | "network") {
  const request = vi.fn(() => Promise.reject(new CleverLakeError(code, "No.")));
  const client = { request } as unknown as EngineClient;
  const logged: string[] = [];
  const error = (text: string) => void logged.push(text);
  const log = { info: () => undefined, warn: () => undefined, error } as never;
  const store = new SealedStore();
  const model = new ConnectionModel(client, secretsIn(store), {} as SampleDistrict, log);
  const answers = {
    ...initialAnswers,
    host: "reports.example",
    username: "district",
    lakeUrl: "file:///lake",
  };
  const connectTo = (lakeUrl: string) =>
    model.keep({ ...answers, lakeUrl }, { password: "a password", salt: "a salt" });
  await connectTo(answers.lakeUrl);
  const nothing = () => Promise.resolve();
  const runs = new RunController({ model, client, log }, nothing, nothing, nothing);
  return { model, runs, request, logged, store, connectTo };
}

test.each([
  ["auth", 1],
  ["hostKey", 1],
  ["network", 3],
] as const)(
  "a look that fails with %s is made %i times by the background check, and its reason is once in the log",
  async (code, looks) => {
    const { model, runs, request, logged } = await connectedTo(code);
    // Loads modules, which takes real time.
    await model.connected();
    vi.useFakeTimers();
    settings["clever.checkEvery"] = 5;
    const check = new BackgroundCheck(model, runs);
    await vi.advanceTimersByTimeAsync(16 * 60_000);
    expect([model.state, request.mock.calls.length]).toEqual(["failed", looks]);
    expect(logged).toEqual(["No."]);
    // The user looks again.
    await expect(model.refresh()).rejects.toMatchObject({ code });
    expect(request).toHaveBeenCalledTimes(looks + 1);
    check.dispose();
    model.dispose();
  },
);

test.each([
  ["auth", 1],
  ["network", 2],
] as const)(
  "a run that fails with %s makes %i requests, and the views show the failure",
  async (code, requests) => {
    const { model, runs, request } = await connectedTo(code);
    await runs.run({ command: "run" });
    await expect.poll(() => model.state).toBe("failed");
    expect(model.error).toMatchObject({ code });
    expect(request).toHaveBeenCalledTimes(requests);
    model.dispose();
  },
);

test.each([
  ["file:///lake", []],
  ["file:///other", ["That run was for another lake, so it is not repeated."]],
])("a failed run is repeated for its own lake only: with %s", async (lake, warnings) => {
  const { model, runs, request, connectTo } = await connectedTo("network");
  given.push(async () => {
    await connectTo(lake);
    return "Retry";
  });
  const messages = (kind: string) => calls.filter(({ name }) => name === `show${kind}Message`);
  await runs.run({ command: "run" });
  const repeated = warnings.length === 0;
  await expect.poll(() => messages(repeated ? "Error" : "Warning").length).toBe(repeated ? 2 : 1);
  expect(messages("Warning").map(({ parameters }) => parameters[0])).toEqual(warnings);
  const commands = request.mock.calls.map(
    (parameters: unknown[]) => (parameters[0] as { method: string }).method,
  );
  expect(commands.filter((name) => name === "run")).toHaveLength(repeated ? 2 : 1);
  model.dispose();
});

test("a run that is refused after another window changed the connection says nothing of the new one", async () => {
  const { model, runs, request, store } = await connectedTo("auth");
  request.mockImplementationOnce(async () => {
    await store.store("clever.secrets.here", "{}");
    throw new CleverLakeError("auth", "The old server refuses the login.");
  });
  await runs.run({ command: "run" });
  expect(String(model.error)).not.toContain("old server");
  model.dispose();
});
