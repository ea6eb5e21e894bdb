import { expect, test } from "vitest";
import { CleverLakeError, type ErrorCode } from "../../src/basics/errors";
import type { EngineClient } from "../../src/engine/client/client";
import { testLake } from "../../src/engine/messages/protocol";
import { initialAnswers } from "../../src/ui/wizard/connectionAnswers";
import { stepToFix } from "../../src/ui/wizard/connectWizard";

/** An engine that tests a lake which works, fails or takes too long for the user, and nothing else. */
function engine(lake: "works" | "fails" | "is cancelled"): EngineClient {
  const request = (call: unknown) => {
    expect(call).toBe(testLake);
    if (lake === "works") return Promise.resolve({});
    const cancelled = new DOMException("This operation was aborted", "AbortError");
    return Promise.reject(lake === "fails" ? new CleverLakeError("network", "No lake.") : cancelled);
  };
  return { request } as unknown as EngineClient;
}

test.each<[ErrorCode, Parameters<typeof engine>[0], string]>([
  ["network", "works", "host"],
  ["network", "fails", "lake"],
  ["auth", "works", "secret"],
  ["auth", "is cancelled", "secret"],
  ["auth", "fails", "lake"],
  ["hostKey", "fails", "trust"],
  ["io", "fails", "salt"],
])("after the error %s with a lake that %s, the wizard returns to the step %s", async (code, lake, step) => {
  const answers = { ...initialAnswers, lakeUrl: "file:///lake" };
  expect(await stepToFix(engine(lake), new CleverLakeError(code, "It failed."), answers)).toBe(step);
});
