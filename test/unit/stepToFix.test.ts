import { expect, test } from "vitest";
import type { EngineClient } from "../../src/engine/client";
import { testLake } from "../../src/engine/protocol";
import { CleverLakeError, type ErrorCode } from "../../src/errors";
import { initialAnswers } from "../../src/ui/connectionAnswers";
import { stepToFix } from "../../src/ui/connectWizard";

/** An engine that tests a lake which works or does not, and nothing else. */
function engine(lakeWorks: boolean): EngineClient {
  const request = (call: unknown) => {
    expect(call).toBe(testLake);
    return lakeWorks ? Promise.resolve({}) : Promise.reject(new CleverLakeError("network", "No lake."));
  };
  return { request } as unknown as EngineClient;
}

test.each<[ErrorCode, lakeWorks: boolean, string]>([
  ["network", true, "host"],
  ["network", false, "lake"],
  ["auth", true, "secret"],
  ["auth", false, "lake"],
  ["hostKey", false, "trust"],
  ["io", false, "salt"],
])(
  "after the error %s with a lake that works: %s, the wizard returns to the step %s",
  async (code, lakeWorks, step) => {
    const answers = { ...initialAnswers, lakeUrl: "file:///lake" };
    expect(await stepToFix(engine(lakeWorks), new CleverLakeError(code, "It failed."), answers)).toBe(step);
  },
);
