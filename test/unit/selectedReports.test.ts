import { afterEach, describe, expect, test } from "vitest";
import type { ReportItem } from "../../src/engine/messages/messages";
import { QuarantineCommands } from "../../src/ui/commands/quarantineCommands";
import { type ReportCommandParts, ReportCommands } from "../../src/ui/commands/reportCommands";
import type { ReportNode } from "../../src/ui/trees/reportsTree";
import { newReport } from "../helpers/reportItem";
import { answers, calls } from "../helpers/vscodeStub";

afterEach(() => {
  calls.length = 0;
  answers.length = 0;
});

const bad: ReportItem = {
  ...newReport,
  path: "one.csv",
  state: "quarantined",
  reason: "The date is not one.",
  line: 2,
  column: "date",
  acceptable: true,
};
const folder: ReportNode = { kind: "folder", path: "reports" };
const nodeOf = (item: ReportItem): ReportNode => ({ kind: "file", item });
const clicked = nodeOf(bad);
const selected = [
  clicked,
  nodeOf({ ...bad, path: "two.csv" }),
  nodeOf({ ...bad, path: "whole.csv", acceptable: false }),
  nodeOf({ ...bad, path: "clean.csv", state: "anonymized", acceptable: false, reason: undefined }),
  folder,
];

function commands() {
  const requests: unknown[] = [];
  const quarantine = new QuarantineCommands(
    {
      // Another window changes the settings at each question.
      model: { connected: async () => ({ lake: calls.length }) } as never,
      client: {
        request: (_call: unknown, params: unknown) => Promise.resolve(requests.push(params)),
      } as never,
      log: {} as never,
    },
    {
      run: (request: unknown, options: object) => Promise.resolve(requests.push({ request, ...options })),
    } as never,
    () => Promise.resolve(),
  );
  return { quarantine, requests };
}

const messages = () => calls.filter(({ name }) => name === "showWarningMessage");

describe("with several reports selected", () => {
  test("all that can be accepted are, after one question that says how many", async () => {
    const { quarantine, requests } = commands();
    answers.push("Accept Without the Bad Rows");
    await quarantine.accept(clicked, selected);
    expect(messages()).toHaveLength(1);
    const [message, options] = messages()[0]?.parameters ?? [];
    expect(message).toBe("Accept 2 files without their bad rows?");
    expect(options).toMatchObject({
      detail: expect.stringMatching(
        /one\.csv: .*date.*two\.csv: .*\n\n2 other selected files stay as they are\.$/s,
      ),
    });
    const files = ["one.csv", "two.csv"];
    const request = { command: "run", only: files, accept: files };
    expect(requests).toEqual([{ request, connected: { lake: 0 } }]);
  });

  test("all in quarantine are dismissed, after one question that says how many", async () => {
    const { quarantine, requests } = commands();
    answers.push("Dismiss");
    await quarantine.dismiss(clicked, selected);
    expect(messages().map(({ parameters }) => parameters[0])).toEqual(["Dismiss 3 files?"]);
    expect(messages()[0]?.parameters[1]).toMatchObject({
      detail: expect.stringMatching(/\n\n1 other selected file stays as it is\.$/),
    });
    expect(requests).toEqual([{ lake: 0, files: ["one.csv", "two.csv", "whole.csv"] }]);
  });

  test("a closed question does nothing, and a long list is cut", async () => {
    const { quarantine, requests } = commands();
    const many = Array.from({ length: 30 }, (_, index) => nodeOf({ ...bad, path: `${index}.csv` }));
    await quarantine.dismiss(many[0], many);
    await quarantine.accept(many[0], many);
    expect(requests).toEqual([]);
    for (const { parameters } of messages()) {
      const [, options] = parameters;
      expect(options).toMatchObject({ detail: expect.stringMatching(/\n7\.csv: [^\n]*\n22 more\n/) });
    }
  });

  test("the paths of all are copied", async () => {
    const reports = new ReportCommands({} as ReportCommandParts);
    await reports.copyPath(clicked, selected);
    expect(calls).toEqual([
      { name: "writeText", parameters: ["one.csv\ntwo.csv\nwhole.csv\nclean.csv\nreports"] },
    ]);
  });
});

test("a run is retried with the files that it was limited to and accepted", async () => {
  const asked: unknown[] = [];
  const runs = { run: async (request: unknown) => void asked.push(request) };
  const reports = new ReportCommands({ runs } as unknown as ReportCommandParts);
  const request = { command: "run", only: ["one.csv"], accept: ["one.csv"] } as const;
  const run = { ...request, runId: "r", outcome: "failed", started: "" } as const;
  await reports.retryRun({ kind: "run", run: { ...run, files: 1 } });
  expect(asked).toEqual([request]);
});

test.each([
  ["in quarantine", [bad, { ...bad, path: "two.csv", state: "dismissed" }], "quarantined, dismissed"],
  ["left out", [{ ...bad, state: "ignored", reason: undefined }], "left out"],
] as [string, ReportItem[], string][])(
  "a run on reports that are %s says that none is due, and why",
  async (_name, items, why) => {
    const parts = { reportsTree: { filesOf: () => items } } as unknown as ReportCommandParts;
    await new ReportCommands(parts).runSelected("run", clicked);
    expect(calls.map(({ parameters }) => parameters)).toEqual([
      [`None of the selected reports is due: ${why}.`, "Show Reports"],
    ]);
  },
);

test.each([
  ["no report is ticked", [{ ...bad, state: "new" }], "Which report?"],
  [
    "there is no report",
    [],
    "There are no reports on the server. Check the settings of its folder and of the user types.",
  ],
] as [string, ReportItem[], string][])(
  "if %s, nothing is ingested or reported",
  async (_name, reports, asked) => {
    const parts = {
      model: { reports, loadedOnRequest: () => Promise.resolve() },
      reportsView: { selection: [] },
    } as unknown as ReportCommandParts;
    answers.push([]);
    await new ReportCommands(parts).runSelected("ingest");
    expect(calls.map(({ name, parameters }) => [name, parameters[1]])).toEqual([
      ["showQuickPick", expect.objectContaining({ placeHolder: asked })],
    ]);
  },
);

test("with one report, its name is in the question", async () => {
  const { quarantine, requests } = commands();
  answers.push("Dismiss", undefined);
  await quarantine.dismiss(clicked);
  await quarantine.accept(clicked, []);
  expect(messages().map(({ parameters }) => parameters[0])).toEqual([
    "Dismiss one.csv?",
    "Accept one.csv without its bad rows?",
  ]);
  expect(requests).toEqual([{ lake: 0, files: ["one.csv"] }]);
});
