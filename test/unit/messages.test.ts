import { afterEach, describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { notify } from "../../src/ui/messages";
import { viewMessage } from "../../src/ui/trees/viewMessage";
import { showInformationMessage } from "../../src/ui/window";
import { answers, CancellationError, calls, settings } from "../helpers/vscodeStub";

afterEach(() => {
  calls.length = 0;
  answers.length = 0;
});

describe("a step that a message offers", () => {
  const shown = () => calls.map(({ name, parameters }) => [name, parameters[0]]);

  test.each([
    ["rejects", () => Promise.reject(new CleverLakeError("io", "It is gone.", { hint: "Look for it." }))],
    [
      "throws",
      () => {
        throw new CleverLakeError("io", "It is gone.", { hint: "Look for it." });
      },
    ],
  ])("shows why it failed if it %s", async (_how, act) => {
    answers.push("Open");
    notify(showInformationMessage, "It was saved.", { title: "Open", act });
    await expect.poll(shown).toEqual([
      ["showInformationMessage", "It was saved."],
      ["showErrorMessage", "It is gone. Look for it."],
    ]);
  });

  test("shows nothing more if the user cancelled it, or closed the message", async () => {
    const act = () => Promise.reject(new CancellationError());
    answers.push("Open", undefined);
    notify(showInformationMessage, "It was saved.", { title: "Open", act });
    notify(showInformationMessage, "It was saved.", { title: "Open", act });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(shown()).toHaveLength(2);
  });
});

test("the message above an old list of reports says what to do about the error", () => {
  const error = new CleverLakeError("network", "The server cannot be reached.", {
    hint: "Check the firewall.",
  });
  const model = { state: "failed", reports: [{}], seen: Date.now(), error, mayLoad: true } as never;
  expect(viewMessage(model)).toMatch(
    /^This list is from .*\. The server cannot be reached\. Check the firewall\. Refresh to try again\.$/,
  );
});

test("the message above the reports says that the first run creates the lake, except for the sample district", () => {
  Object.assign(settings, { "clever.sftp.host": "sftp.example", "clever.lake.url": "file:///mnt/lake" });
  const model = { state: "loaded", reports: [{}], mayLoad: true } as const;
  expect(viewMessage({ ...model, lake: { isNew: true } } as never)).toMatch(
    /^There is no lake at file:\/\/\/mnt\/lake yet/,
  );
  expect(viewMessage({ ...model, lake: { isNew: false } } as never)).toBe("");
  // The view's own text says that the server has no files.
  expect(viewMessage({ ...model, state: "empty", reports: [], lake: { isNew: true } } as never)).toBe("");
  settings["clever.sampleDistrict"] = true;
  expect(viewMessage({ ...model, lake: { isNew: true } } as never)).toBe("");
});
