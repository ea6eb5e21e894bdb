import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { ReportItem, RunDetails, RunSummary, TableReport } from "../../src/engine/messages/messages";
import type { ConnectionModel } from "../../src/ui/connection/connectionModel";
import { notifyError } from "../../src/ui/messages";
import { pageOf } from "../../src/ui/pages/tablePages";
import { outcomeOf } from "../../src/ui/runs/runOutcome";
import { reportOf } from "../../src/ui/runs/runReport";
import { StatusBar } from "../../src/ui/runs/statusBar";
import { asMarkdown, inert, pathAsMarkdown } from "../../src/ui/texts/untrustedText";
import { tooltip } from "../../src/ui/trees/reportState";
import { ReportsTree } from "../../src/ui/trees/reportsTree";
import * as window from "../../src/ui/window";
import { newReport } from "../helpers/reportItem";
import { answers, calls, StatusBarItem, settings } from "../helpers/vscodeStub";

/** Hostile file names. */
const hostile =
  'a [x](command:workbench.action.closeWindow) $(trash) [y](https://evil.example "t") <img src=x> **b** `c` | https://evil.example www.evil.example a@evil.example\u202egnp';

/** As VS Code 1.139 finds links in notifications and prompts (`linkedText.ts`), and icons in labels (`iconLabels.ts`). */
const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
const icon = /\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/;
/** Characters that are special in Markdown unless escaped by a backslash. */
const markup = /(?<!\\)(?:\\\\)*[[\]()<>*_`|:@.!#&~]/;

/** Every text passed to VS Code. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

function expectInert(value: unknown): void {
  const texts = textsOf(value);
  expect(texts.some((text) => text.includes("command:workbench"))).toBe(true);
  for (const text of texts) {
    expect(text).not.toMatch(link);
    expect(text).not.toMatch(icon);
    expect(text).not.toContain("\u202e");
  }
}

test("the patterns find hostile text, so a test without findings is meaningful", () => {
  expect(hostile).toMatch(link);
  expect(hostile).toMatch(icon);
  expect(hostile).toMatch(markup);
});

test("text is shown unchanged, except for the start of a link or an icon", () => {
  expect(inert("2025-09-02 (1) [copy] costs $5.\n\nA second line.")).toBe(
    "2025-09-02 (1) [copy] costs $5.\n\nA second line.",
  );
  expect(inert("[x](command:y) $(trash)")).toBe("[x] (command:y) $ (trash)");
  expect(inert("]](( $$((")).not.toMatch(/\]\(|\$\(/);
});

test("text in Markdown has no unescaped special character", () => {
  expect(asMarkdown(hostile)).not.toMatch(markup);
  expect(asMarkdown("two\r\nlines")).toBe("two lines");
  // The preview looks for addresses after quoting.
  expect(asMarkdown("https://x.com a@b.com").replaceAll("\\", "")).toBe("https:/\u2060/x.com a\u2060@b.com");
});

test("a path in Markdown wraps only after a slash or a date, unless a part is long", () => {
  const parts = (path: string) => pathAsMarkdown(path).replaceAll("\\", "").split("<wbr>");
  expect(parts("daily-participation/2025-09-03-daily-participation-students.csv")).toEqual([
    "<nobr>daily-participation/</nobr>",
    "<nobr>2025-09-03-</nobr>",
    "<nobr>daily-participation-students.csv</nobr>",
  ]);
  expect(parts("stage1np/clever/2026-11-26T20-37-36/Students")).toEqual([
    "<nobr>stage1np/</nobr>",
    "<nobr>clever/</nobr>",
    "<nobr>2026-11-26T20-37-36/</nobr>",
    "<nobr>Students</nobr>",
  ]);
  expect(parts("x".repeat(60))).toEqual(["x".repeat(60)]);
  expect(pathAsMarkdown(hostile).replace(/<nobr>|<\/nobr>|<wbr>/g, "")).toBe(asMarkdown(hostile));
});

describe("everything passed to VS Code for display is plain text", () => {
  beforeEach(() => {
    calls.length = 0;
    answers.length = 0;
  });

  /** One call for each function of the module; a new one fails the test until it has one here. */
  const shown: Record<string, () => unknown> = {
    showInformationMessage: () => window.showInformationMessage(hostile, "OK"),
    showWarningMessage: () => window.showWarningMessage(hostile, { modal: true }, "OK"),
    showErrorMessage: () => window.showErrorMessage(hostile),
    showQuickPick: () =>
      window.showQuickPick([{ label: hostile, description: hostile, detail: hostile }], {
        title: hostile,
        placeHolder: hostile,
      }),
    showInputBox: () => window.showInputBox({ prompt: hostile, title: hostile, placeHolder: hostile }),
    createInputBox: () => {
      const box = window.createInputBox();
      Object.assign(box, {
        prompt: hostile,
        title: hostile,
        placeholder: hostile,
        validationMessage: hostile,
      });
    },
    createQuickPick: () => {
      const box = window.createQuickPick();
      Object.assign(box, {
        title: hostile,
        placeholder: hostile,
        items: [{ label: hostile, detail: hostile }],
      });
    },
    withProgress: () =>
      window.withProgress(hostile, (progress) => Promise.resolve(progress.report({ message: hostile }))),
    withIcon: () => {
      calls.push({ name: "withIcon", parameters: [window.withIcon(`$(key) ${inert(hostile)}`)] });
    },
  };

  test("by each function of its module", async () => {
    expect(Object.keys(shown).sort()).toEqual(Object.keys(window).sort());
    for (const show of Object.values(shown)) {
      calls.length = 0;
      await show();
      expect(calls.length).toBeGreaterThan(0);
      expectInert(calls.map(({ parameters }) => parameters));
    }
  });

  test("except for the detail of a modal message, which VS Code shows as it is: a salt, for example", async () => {
    await window.showInformationMessage("The salt", { modal: true, detail: hostile });
    expect(calls.map(({ parameters }) => parameters[1])).toEqual([{ modal: true, detail: hostile }]);
  });

  test("and picked and typed values are returned unchanged", async () => {
    const item = { label: hostile, path: hostile };
    // VS Code returns the same line object that it was given.
    answers.push((lines: readonly unknown[]) => lines[1]);
    expect(await window.showQuickPick([{ label: "another", path: "b" }, item])).toBe(item);
    answers.push((lines: readonly unknown[]) => [lines[0]]);
    const [picked] = (await window.showQuickPick([item], { canPickMany: true })) ?? [];
    expect(picked).toBe(item);
    answers.push(hostile);
    expect(await window.showInputBox({})).toBe(hostile);
    const keep = { title: "Keep", isCloseAffordance: true };
    await window.showWarningMessage(hostile, keep);
    await window.showWarningMessage(hostile, { modal: true }, keep);
    expect(calls.at(-2)?.parameters).toEqual([inert(hostile), keep]);
    expect(calls.at(-1)?.parameters).toEqual([inert(hostile), { modal: true }, keep]);
    const box = window.createQuickPick<typeof item>();
    box.items = [item];
    box.activeItems = [item];
    expect(box.activeItems[0]).toBe(box.items[0]);
    expect(box.items[0]?.path).toBe(hostile);
    const input = window.createInputBox();
    input.value = hostile;
    expect(input.value).toBe(hostile);
  });

  test("with our own icons separate from the text", () => {
    expect(window.withIcon("$(key) Password")).toEqual({ label: "Password", iconPath: { id: "key" } });
    expect(window.withIcon("Password").label).toBe("Password");
  });

  test("in error messages", () => {
    const log = { error: () => undefined } as never;
    notifyError(new Error(hostile), log);
    expectInert(calls.map(({ parameters }) => parameters));
  });

  test("in the rows of the reports, which are in folders of any name", async () => {
    const onDidChange = () => ({ dispose: () => undefined });
    const reports = [{ ...newReport, path: `${hostile}/${hostile}`, failure: hostile }];
    const model = { reports, mayLoad: true, onDidChange, loaded: () => Promise.resolve() };
    const tree = new ReportsTree(model as unknown as ConnectionModel);
    let [node] = await tree.getChildren();
    let rows = 0;
    for (; node !== undefined; [node] = await tree.getChildren(node), rows++) {
      const { label, description, accessibilityInformation } = tree.getTreeItem(node);
      for (const text of textsOf([label, description, accessibilityInformation]))
        expect(text).not.toContain("\u202e");
    }
    expect(rows).toBeGreaterThan(2);
  });

  test("in the status bar", () => {
    const bar = new StatusBar();
    const item = (bar as unknown as { item: StatusBarItem }).item;
    const counts = { quarantined: 0, failed: 0, unread: 0, fresh: 0, changed: 0, landed: 0, overdue: [] };
    const model = { state: "failed", error: new CleverLakeError("network", hostile), counts, lake: {} };
    Object.assign(settings, { "clever.sampleDistrict": true });
    bar.show(model as never, undefined);
    expect(item).toBeInstanceOf(StatusBarItem);
    expect(item.text).toBe("$(warning) Clever");
    expectInert(item.tooltip);
    bar.show(model as never, hostile);
    delete settings["clever.sampleDistrict"];
    expect(item.text).toMatch(/^\$\(sync~spin\) a /);
    expectInert(item.text.slice("$(sync~spin) ".length));
  });
});

const summary: RunSummary = {
  runId: hostile,
  landed: 1,
  bytes: 1,
  anonymized: 0,
  unchanged: 0,
  superseded: 1,
  quarantined: [
    { path: hostile, line: 3, column: hostile, reason: hostile, acceptable: true, hasEarlierRows: false },
  ],
  failed: [{ path: hostile, reason: hostile }],
  rows: { daily_participation: 0, resource_usage: 0 },
  refused: 0,
  inQuarantine: [hostile],
  notRead: [{ path: hostile, reason: hostile, report: false }],
  overdue: [],
  changedByOthers: [{ table: hostile, months: [hostile], problem: hostile }],
  reportsOnServer: 1,
  notes: [{ path: hostile, note: hostile }],
  milliseconds: 1,
};

const logLine = {
  path: hostile,
  outcome: "quarantined",
  landedPath: hostile,
  size: 1,
  time: new Date(0).toISOString(),
  source: hostile,
  report: "daily_participation",
  userType: "students",
  modified: new Date(0).toISOString(),
  sha256: "",
  version: 1,
  runId: hostile,
  line: 3,
  column: hostile,
  reason: hostile,
  notes: hostile,
} as const;

/** A page without the syntax of its tables and headings, and without the code's own texts. */
function untrustedTextIn(page: string): string[] {
  return page.split(/\n|(?<!\\) \| /).filter((part) => part.includes("evil"));
}

describe("pages and tooltips contain only our own Markdown", () => {
  test.each([
    [
      "a run report",
      () => {
        const run: RunDetails = {
          runId: hostile,
          command: "run",
          outcome: "done",
          started: "",
          error: hostile,
          files: 1,
          summary,
          log: [logLine],
          notReached: [hostile],
        };
        return reportOf(run);
      },
    ],
    [
      "a table's page",
      () => {
        const table: TableReport = {
          path: `stage1np/clever/${hostile}`,
          version: 1,
          files: 1,
          bytes: 1,
          rows: 1,
          columns: [{ name: hostile, type: hostile, partition: false }],
          partitions: [{ name: hostile, files: 1, bytes: 1, rows: 1 }],
          commits: [
            { version: 1, time: null, operation: hostile, filesAdded: 1, filesRemoved: 0, rowsAdded: 1 },
          ],
          firstRows: null,
          log: [logLine],
        };
        return pageOf(table);
      },
    ],
    [
      "a report's tooltip",
      () => {
        const item: ReportItem = {
          ...newReport,
          path: hostile,
          state: "quarantined",
          reason: hostile,
          line: 3,
          column: hostile,
          userType: "student" as never,
        };
        const text = tooltip(item);
        expect(text).toMatchObject({ isTrusted: false, supportHtml: false, supportThemeIcons: false });
        return text.value;
      },
    ],
  ])("%s", (_, page) => {
    const texts = untrustedTextIn(page());
    expect(texts.length).toBeGreaterThan(1);
    for (const text of texts) {
      const bare = text
        .replace(/^(# |> |\| |\*\*\w+\*\* (· )?)|( \|| {2})$/g, "")
        .replace(/<nobr>|<\/nobr>|<wbr>/g, "");
      expect(bare).not.toMatch(markup);
      expect(text).not.toContain("\u202e");
    }
  });
});

test("no other module shows messages, lists or boxes, builds Markdown, or puts an icon into a label", () => {
  const folder = path.join(__dirname, "..", "..", "src");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const using = (words: RegExp) =>
    files.filter((file) => words.test(readFileSync(path.join(folder, file), "utf8"))).sort();
  const shows =
    /vscode\s*\.window\s*\.(show(Information|Warning|Error)Message|showQuickPick|showInputBox|create(InputBox|QuickPick)|withProgress|setStatusBarMessage)|from "vscode".*\bwindow\b|\bwindow\b.*from "vscode"/;
  expect(using(shows)).toEqual(["ui/window.ts"]);
  expect(using(/vscode\.window\[/)).toEqual(["ui/window.ts"]);
  expect(using(/\bMarkdownString\(/)).toEqual(["ui/pages/markdown.ts"]);
  expect(using(/createStatusBarItem/)).toEqual(["ui/runs/statusBar.ts"]);
  expect(using(/\blabel:[^,}]*"\$\(/)).toEqual([]);
});

test("the message after a run reports every kind of problem, with its location", () => {
  const { severity, text, quarantined } = outcomeOf(
    {
      ...summary,
      failed: [{ path: "a.csv", reason: "Gone." }],
      quarantined: [
        {
          path: "b.csv",
          line: 3,
          column: "num_logins",
          reason: "Not a number.",
          acceptable: true,
          hasEarlierRows: false,
        },
      ],
      changedByOthers: [{ table: "a_pseudo", months: ["2024-09"], problem: "Rows are gone." }],
      inQuarantine: ["c.csv", "d.csv"],
    },
    [],
  );
  expect({ severity, quarantined }).toEqual({ severity: "error", quarantined: "b.csv" });
  expect(text).toBe(
    "1 file failed: a.csv: Gone. 1 file went into quarantine: b.csv: Line 3, num_logins: Not a number. a_pseudo: Rows are gone. 1 row was superseded by a newer file. 2 files of earlier runs are still in quarantine.",
  );
});
