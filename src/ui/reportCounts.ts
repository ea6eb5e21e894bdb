import * as vscode from "vscode";
import type { Freshness, ReportItem } from "../engine/messages";
import { forCount } from "./counts";
import { integer } from "./format";
import { overdueText } from "./overdue";

/** How many reports ask for something, each report once. */
export interface ReportCounts {
  /** In quarantine: a person has to look. */
  readonly quarantined: number;
  /** The newest run that tried them failed. */
  readonly failed: number;
  /** New or changed on the server, and not failed yet. */
  readonly fresh: number;
  /** Kinds of reports whose next one is late. */
  readonly overdue: readonly Freshness[];
}

export function countsOf(items: readonly ReportItem[], overdue: readonly Freshness[] = []): ReportCounts {
  const failed = items.filter(({ failure }) => failure !== null).length;
  const quarantined = items.filter(
    ({ state, failure }) => state === "quarantined" && failure === null,
  ).length;
  const fresh = items.filter(
    ({ state, failure }) => (state === "new" || state === "changed") && failure === null,
  ).length;
  return { quarantined, failed, fresh, overdue };
}

/** All of them together. */
export function totalOf({ quarantined, failed, fresh, overdue }: ReportCounts): number {
  return quarantined + failed + fresh + overdue.length;
}

/** Whether something is wrong, and not only new. */
export function hasTrouble({ quarantined, failed, overdue }: ReportCounts): boolean {
  return quarantined + failed + overdue.length > 0;
}

export const countWords = {
  quarantined: (count: number) =>
    forCount(count, vscode.l10n.t("1 quarantined"), vscode.l10n.t("{0} quarantined", integer(count))),
  failed: (count: number) =>
    forCount(count, vscode.l10n.t("1 failed"), vscode.l10n.t("{0} failed", integer(count))),
  overdue: (count: number) =>
    forCount(count, vscode.l10n.t("1 overdue"), vscode.l10n.t("{0} overdue", integer(count))),
  fresh: (count: number) => forCount(count, vscode.l10n.t("1 new"), vscode.l10n.t("{0} new", integer(count))),
};

/** `2 quarantined, 1 failed, 4 new`, what asks for a look first: a narrow place cuts the end off. Empty for none. */
export function shortCounts({ quarantined, failed, fresh, overdue }: ReportCounts): string {
  return [
    ...(quarantined > 0 ? [countWords.quarantined(quarantined)] : []),
    ...(failed > 0 ? [countWords.failed(failed)] : []),
    ...(overdue.length > 0 ? [countWords.overdue(overdue.length)] : []),
    ...(fresh > 0 ? [countWords.fresh(fresh)] : []),
  ].join(", ");
}

/** The same as sentences, one on a line. */
export function countSentences({ quarantined, failed, fresh, overdue }: ReportCounts): string {
  return [
    ...(quarantined > 0
      ? [
          forCount(
            quarantined,
            vscode.l10n.t("1 report is in quarantine: its rows are not counted."),
            vscode.l10n.t("{0} reports are in quarantine: their rows are not counted.", integer(quarantined)),
          ),
        ]
      : []),
    ...(failed > 0
      ? [
          forCount(
            failed,
            vscode.l10n.t("1 report failed; the next run tries it again."),
            vscode.l10n.t("{0} reports failed; the next run tries them again.", integer(failed)),
          ),
        ]
      : []),
    ...overdue.map(overdueText),
    ...(fresh > 0
      ? [
          forCount(
            fresh,
            vscode.l10n.t("1 report is new on the server."),
            vscode.l10n.t("{0} reports are new on the server.", integer(fresh)),
          ),
        ]
      : []),
  ].join("\n");
}
