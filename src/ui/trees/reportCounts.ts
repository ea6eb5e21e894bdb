import * as vscode from "vscode";
import type { Freshness, ReportItem } from "../../engine/messages/messages";
import { ifAny } from "../texts/counts";
import { overdueText } from "../texts/overdue";

/** How many reports need attention, each report counted once. */
export interface ReportCounts {
  /** In quarantine until a person decides. */
  readonly quarantined: number;
  /** The newest run that tried them failed. */
  readonly failed: number;
  /** On the server but not read, so that rows may be missing. */
  readonly unread: number;
  /** New on the server, and not failed yet. */
  readonly fresh: number;
  /** Redelivered since it was ingested, and not failed yet. */
  readonly changed: number;
  /** In the lake, but not in the tables yet, and not failed. */
  readonly landed: number;
  /** Kinds of reports that are overdue. */
  readonly overdue: readonly Freshness[];
}

export function countsOf(items: readonly ReportItem[], overdue: readonly Freshness[] = []): ReportCounts {
  const failed = items.filter(({ failure }) => failure !== undefined).length;
  const inState = (requested: ReportItem["state"]) =>
    items.filter(({ state, failure }) => state === requested && failure === undefined).length;
  const unread = items.filter((item) => item.unread?.report).length;
  return {
    quarantined: inState("quarantined"),
    failed,
    unread,
    fresh: inState("new"),
    changed: inState("changed"),
    landed: inState("landed"),
    overdue,
  };
}

/** Whether there is any report, apart from those excluded by the settings. */
export function hasReports(items: readonly ReportItem[]): boolean {
  return items.some(isRelevantReport);
}

/**
 * Whether a run has ingested or would read this file's contents. The contents of a duplicate are in the lake under
 * another file.
 */
export function isRelevantReport({ report, state, landed }: ReportItem): boolean {
  return report !== undefined && (state !== "ignored" || landed !== undefined);
}

/** Whether a run would ingest this report, or pseudonymize its landed file. */
export function isDue({ state }: ReportItem): boolean {
  return state === "new" || state === "changed" || state === "landed";
}

/** The wording of each kind of report that needs attention: for one of them, and for more. */
type CountTexts = Readonly<Record<keyof ReportCounts, readonly [one: string, many: string]>>;

export const countWords = (): CountTexts => ({
  quarantined: [vscode.l10n.t("1 quarantined"), vscode.l10n.t("{0} quarantined")],
  failed: [vscode.l10n.t("1 failed"), vscode.l10n.t("{0} failed")],
  unread: [vscode.l10n.t("1 not read"), vscode.l10n.t("{0} not read")],
  overdue: [vscode.l10n.t("1 overdue"), vscode.l10n.t("{0} overdue")],
  fresh: [vscode.l10n.t("1 new"), vscode.l10n.t("{0} new")],
  changed: [vscode.l10n.t("1 changed"), vscode.l10n.t("{0} changed")],
  landed: [vscode.l10n.t("1 not anonymized"), vscode.l10n.t("{0} not anonymized")],
});

const problems = ["quarantined", "failed", "unread", "overdue"] as const;
/** The kinds of reports that need attention, most urgent first: a narrow view truncates the end. */
const urgency = [...problems, "fresh", "changed", "landed"] as const;

function countOf(counts: ReportCounts, kind: keyof ReportCounts): number {
  return kind === "overdue" ? counts.overdue.length : counts[kind];
}

/** The sum of all counts. */
export function totalOf(counts: ReportCounts): number {
  return urgency.reduce((sum, kind) => sum + countOf(counts, kind), 0);
}

/** Whether there is a problem, and not just something new. */
export function needsAttention(counts: ReportCounts): boolean {
  return problems.some((kind) => countOf(counts, kind) > 0);
}

/** The texts about the kinds of reports that there are, most urgent first. */
export function textsFor(counts: ReportCounts, texts: CountTexts): string[] {
  return urgency.flatMap((kind) => ifAny(countOf(counts, kind), ...texts[kind]));
}

/** `2 quarantined, 1 failed, 1 not read, 4 new`; empty if all are 0. */
export function shortCounts(counts: ReportCounts): string {
  return textsFor(counts, countWords()).join(", ");
}

/** The same as sentences, one per line. */
export function countSentences(counts: ReportCounts): string {
  const overdue = counts.overdue.map(overdueText).join("\n");
  return textsFor(counts, {
    quarantined: [
      vscode.l10n.t("1 report is in quarantine: its rows are not counted."),
      vscode.l10n.t("{0} reports are in quarantine: their rows are not counted."),
    ],
    failed: [
      vscode.l10n.t("1 report failed; the next run retries it."),
      vscode.l10n.t("{0} reports failed; the next run tries them again."),
    ],
    unread: [
      vscode.l10n.t("1 report on the server is not read: its rows may be missing."),
      vscode.l10n.t("{0} reports on the server are not read: their rows may be missing."),
    ],
    // Each has its own sentence.
    overdue: [overdue, overdue],
    fresh: [
      vscode.l10n.t("1 report is new on the server."),
      vscode.l10n.t("{0} reports are new on the server."),
    ],
    changed: [
      vscode.l10n.t("1 report changed on the server."),
      vscode.l10n.t("{0} reports changed on the server."),
    ],
    landed: [
      vscode.l10n.t("1 report is in the lake, but not anonymized: its rows are not counted."),
      vscode.l10n.t("{0} reports are in the lake, but not anonymized: their rows are not counted."),
    ],
  }).join("\n");
}
