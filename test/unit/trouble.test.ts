import { afterEach, describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { Freshness, ReportItem, RunSummary } from "../../src/engine/messages/messages";
import { outcomeOf } from "../../src/ui/runs/runOutcome";
import { reportOf } from "../../src/ui/runs/runReport";
import { StatusBar } from "../../src/ui/runs/statusBar";
import {
  countsOf,
  hasReports,
  needsAttention,
  type ReportCounts,
  totalOf,
} from "../../src/ui/trees/reportCounts";
import { stateIcon, stateReason, stateWord } from "../../src/ui/trees/reportState";
import { newReport } from "../helpers/reportItem";
import { StatusBarItem, settings, ThemeColor } from "../helpers/vscodeStub";

const report: ReportItem = { ...newReport, path: "a.csv" };

afterEach(() => {
  for (const name of Object.keys(settings)) delete settings[name];
});

test("a file that is not a report says so once", () => {
  const item: ReportItem = {
    path: "notes.csv",
    state: "ignored",
    reason: "Not a report.",
    size: 1,
    acceptable: false,
  };
  expect([stateWord(item), stateReason(item)]).toEqual(["not a report", undefined]);
  const leftOut: ReportItem = {
    ...newReport,
    path: "a.csv",
    state: "ignored",
    reason: "An older copy of b.csv.",
  };
  expect([stateWord(leftOut), stateReason(leftOut)]).toEqual(["left out", "An older copy of b.csv."]);
});

describe("reports that need attention", () => {
  test("count each report once: a failed one does not also count as new", () => {
    const items: ReportItem[] = [
      report,
      { ...report, state: "changed" },
      { ...report, failure: "The connection was lost." },
      { ...report, state: "landed", failure: "The landed file is gone." },
      { ...report, state: "landed" },
      { ...report, state: "anonymized" },
      { ...report, state: "quarantined" },
      { ...report, state: "ignored" },
    ];
    expect(countsOf(items)).toEqual({
      quarantined: 1,
      failed: 2,
      unread: 0,
      fresh: 1,
      changed: 1,
      landed: 1,
      overdue: [],
    });
  });

  test("count unread reports and show them, but not other entries", () => {
    const skipped: ReportItem = { ...report, state: "ignored", report: undefined, userType: undefined };
    const reason = "a special file";
    const unread: ReportItem = { ...skipped, reason: "Not read.", unread: { reason, report: true } };
    const beside: ReportItem = { ...skipped, path: "private", unread: { reason, report: false } };
    const counts = countsOf([unread, beside, { ...skipped, path: "notes.txt" }]);
    expect(counts).toEqual({
      quarantined: 0,
      failed: 0,
      unread: 1,
      fresh: 0,
      changed: 0,
      landed: 0,
      overdue: [],
    });
    expect([totalOf(counts), needsAttention(counts)]).toEqual([1, true]);
    expect([unread, beside, skipped].map(stateWord)).toEqual(["not read", "not read", "not a report"]);
    expect([unread, beside, skipped].map((item) => stateIcon(item).id)).toEqual(["warning", "file", "file"]);
    expect(stateReason(unread)).toBe(reason);
    const warning = new ThemeColor("list.warningForeground");
    const failed = { ...report, failure: "The connection was lost." };
    expect([unread, failed].map((item) => stateIcon(item).color)).toEqual([warning, warning]);
  });

  test("name the commands of VS Code in the reason of a failed file", () => {
    const failure = "The lookup table is gone. Run `clever-lake repair`.";
    const shown = "The lookup table is gone. Run “Clever: Repair the Lake”.";
    expect(stateReason({ ...report, failure })).toBe(shown);
    const failed = [{ path: "a.csv", reason: failure }];
    expect(outcomeOf({ ...summary, failed }, []).text).toContain(shown);
  });

  test("name the commands of VS Code in what is wrong with a table that another program changed", () => {
    const problem = "It needs a newer writer. clever-lake repair rebuilds it.";
    const changedByOthers = [{ table: "stage2p/clever/t", months: [], problem }];
    expect(outcomeOf({ ...summary, changedByOthers }, []).text).toContain(
      "stage2p/clever/t: It needs a newer writer. “Clever: Repair the Lake” rebuilds it.",
    );
    const run = {
      runId: "r",
      outcome: "done",
      log: [],
      notReached: [],
      summary: { ...summary, changedByOthers },
    };
    const page = reportOf(run as never).replaceAll("\\", "");
    expect(page).toContain("| It needs a newer writer. “Clever: Repair the Lake” rebuilds it. |");
  });

  test("say whether there is any report", () => {
    const ignored: ReportItem = { ...report, state: "ignored" };
    const landed = { landedPath: "stage1np/a.csv" } as ReportItem["landed"];
    expect(hasReports([])).toBe(false);
    expect(hasReports([{ ...ignored, report: undefined }, ignored])).toBe(false);
    expect(hasReports([{ ...ignored, landed }])).toBe(true);
    expect(hasReports([{ ...report, state: "anonymized" }])).toBe(true);
  });

  test("are in the status bar, before new ones", () => {
    const bar = new StatusBar();
    const item = Reflect.get(bar, "item");
    if (!(item instanceof StatusBarItem)) throw new Error("The status bar has an item.");
    Object.assign(settings, { "clever.sampleDistrict": true });
    const show = (counts: ReportCounts, others: object = {}) => {
      const model = { state: "loaded", reports: [report], counts, lake: { needsAdoption: false }, ...others };
      bar.show(model as never, undefined);
    };
    const look = () => ({ text: item.text, background: item.backgroundColor, command: item.command });
    show({ quarantined: 2, failed: 1, unread: 1, fresh: 4, changed: 3, landed: 2, overdue: [] });
    expect(look()).toEqual({
      text: "$(warning) Clever: 2 quarantined, 1 failed, 1 not read, 4 new, 3 changed, 2 not anonymized",
      background: new ThemeColor("statusBarItem.warningBackground"),
      command: "clever.showMenu",
    });
    expect(item.tooltip).toBe(
      "2 reports are in quarantine: their rows are not counted.\n1 report failed; the next run retries it.\n1 report on the server is not read: its rows may be missing.\n4 reports are new on the server.\n3 reports changed on the server.\n2 reports are in the lake, but not anonymized: their rows are not counted.\n\nClick for the menu.",
    );
    const nothing = { quarantined: 0, failed: 0, unread: 0, fresh: 0, changed: 0, landed: 0, overdue: [] };
    const error = new CleverLakeError("network", "No route.");
    show({ ...nothing, quarantined: 1 }, { state: "failed", error });
    expect(item.tooltip).toMatch(/^No route\.\n\n1 report is in quarantine/);
    expect(item.text).toBe("$(warning) Clever");
    show({ ...nothing, quarantined: 1 }, { lake: { needsAdoption: true } });
    expect(item.tooltip).toMatch(/^OEA's own notebooks wrote this lake.*\n\n1 report is in quarantine/);
    show({ ...nothing, fresh: 1 });
    expect(look()).toEqual({
      text: "$(database) Clever: 1 new",
      background: undefined,
      command: "clever.showMenu",
    });
    const overdue: Freshness[] = [
      { report: "daily_participation", userType: "students", newestDay: "2026-01-05", schoolDays: 3 },
    ];
    show({ ...nothing, overdue });
    expect(look()).toMatchObject({ text: "$(warning) Clever: 1 overdue" });
    expect(item.tooltip).toMatch(
      /^daily-participation-students: the newest day is 2026-01-05, with 3 school days since\./,
    );
    for (const [others, sentence] of [
      [{}, "Every report is in the lake."],
      [
        { reports: [] },
        "There are no reports on the server. Check the settings of its folder and of the user types.",
      ],
      [{ state: "loading" }, "Checking the server …"],
    ] as const) {
      show(nothing, others);
      expect(look()).toMatchObject({ text: "$(database) Clever", command: "clever.showMenu" });
      expect(item.tooltip).toBe(`${sentence}\n\nClick for the menu.`);
    }
  });
});

const summary: RunSummary = {
  runId: "2026-01-01T00-00-00-abcd",
  landed: 0,
  bytes: 0,
  anonymized: 0,
  unchanged: 3,
  superseded: 0,
  quarantined: [],
  failed: [],
  rows: { daily_participation: 0, resource_usage: 0 },
  refused: 0,
  inQuarantine: [],
  notRead: [],
  overdue: [],
  changedByOthers: [],
  reportsOnServer: 3,
  notes: [],
  milliseconds: 1,
};
const quarantined = {
  path: "b.csv",
  line: 3,
  column: "date",
  reason: "Not a date.",
  acceptable: true,
  hasEarlierRows: false,
};

describe("the message after a run", () => {
  test("reports quarantine even if another file failed, and which file to open", () => {
    const failed = [{ path: "a.csv", reason: "Gone." }];
    expect(outcomeOf({ ...summary, failed, quarantined: [quarantined] }, [])).toEqual({
      severity: "error",
      text: "1 file failed: a.csv: Gone. 1 file went into quarantine: b.csv: Line 3, date: Not a date.",
      quarantined: "b.csv",
    });
  });

  test("reports what waits in quarantine, even if nothing is new", () => {
    expect(outcomeOf({ ...summary, inQuarantine: ["b.csv"] }, [])).toEqual({
      severity: "warning",
      text: "Nothing new: 3 reports are in the lake already. 1 file of an earlier run is still in quarantine.",
      quarantined: undefined,
    });
    expect(outcomeOf(summary, []).severity).toBe("information");
  });

  test("with an accepted file reports how many rows were read and refused", () => {
    const taken = {
      ...summary,
      anonymized: 1,
      refused: 2,
      rows: { ...summary.rows, daily_participation: 1 },
    };
    expect(outcomeOf(taken, ["b.csv"]).text).toBe("b.csv was accepted: 1 row written, 2 rows refused.");
    expect(outcomeOf(taken, ["b.csv", "c.csv"]).text).toBe(
      "2 files were accepted: 1 row written, 2 rows refused.",
    );
    const again = outcomeOf({ ...summary, quarantined: [quarantined] }, ["b.csv"]);
    expect(again.text).toMatch(/^1 file went into quarantine: b\.csv/);
  });

  test("reports what is missing: no report, an unreadable one, an overdue one", () => {
    expect(outcomeOf({ ...summary, reportsOnServer: 0 }, [])).toMatchObject({
      severity: "warning",
      text: "There are no reports on the server. Check the settings of its folder and of the user types.",
    });
    const notRead = [
      { path: "notes", reason: "A folder that the account may not read.", report: false },
      { path: "a.csv", reason: "A device.", report: true },
    ];
    expect(outcomeOf({ ...summary, notRead }, [])).toMatchObject({
      severity: "warning",
      text: "A report on the server cannot be read: a.csv: A device.",
    });
    expect(outcomeOf({ ...summary, notRead: notRead.slice(0, 1) }, []).severity).toBe("information");
    const overdue: Freshness[] = [
      { report: "resource_usage", userType: "staff", newestDay: "2026-01-05", schoolDays: 1 },
    ];
    expect(outcomeOf({ ...summary, overdue }, [])).toMatchObject({
      severity: "warning",
      text: "resource-usage-staff: the newest day is 2026-01-05, with 1 school day since.",
    });
  });

  test("reports how many rows newer files superseded", () => {
    const brought = { ...summary, landed: 1, bytes: 3, anonymized: 1 };
    expect(outcomeOf({ ...brought, superseded: 1 }, []).text).toMatch(
      / 1 row was superseded by a newer file\.$/,
    );
    expect(outcomeOf({ ...brought, superseded: 1200 }, []).text).toMatch(
      / 1,200 rows were superseded by newer files\.$/,
    );
    expect(outcomeOf(brought, []).text).not.toContain("superseded");
  });
});
