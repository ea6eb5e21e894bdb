import * as vscode from "vscode";
import { fill } from "../../basics/fill";
import type { Freshness } from "../../engine/messages/messages";
import { integer } from "./format";

/** A sentence that a report is overdue, and since when. */
export function overdueText({ report, userType, newestDay, schoolDays }: Freshness): string {
  const kind = `${report.replaceAll("_", "-")}-${userType}`;
  const text =
    schoolDays === 1
      ? vscode.l10n.t("{0}: the newest day is {1}, with 1 school day since.")
      : vscode.l10n.t("{0}: the newest day is {1}, with {2} school days since.");
  return fill(text, kind, newestDay, integer(schoolDays));
}
