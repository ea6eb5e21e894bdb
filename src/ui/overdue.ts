import * as vscode from "vscode";
import type { Freshness } from "../engine/messages";
import { forCount } from "./counts";
import { integer } from "./format";

/** A sentence that a report is overdue, and since when. */
export function overdueText({ report, userType, newestDay, schoolDays }: Freshness): string {
  const kind = `${report.replaceAll("_", "-")}-${userType}`;
  return forCount(
    schoolDays,
    vscode.l10n.t("{0}: the newest day is {1}, with 1 school day since.", kind, newestDay),
    vscode.l10n.t(
      "{0}: the newest day is {1}, with {2} school days since.",
      kind,
      newestDay,
      integer(schoolDays),
    ),
  );
}
