import * as vscode from "vscode";
import type { RepairedTable, RepairSummary } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { notifyFinished, requireSalt, unchangedTableMessage } from "../messages";
import type { Parts } from "../parts";
import { counted, shortened } from "../texts/counts";
import { integer } from "../texts/format";
import { inVsCode } from "../texts/hints";
import { previewThenRun } from "../workOnLake";

/**
 * Rebuilds what other programs changed in the tables, and damaged data files. It first shows what it would do, then asks.
 * Resolves to the summary; undefined if nothing was done.
 */
export async function repair(parts: Parts): Promise<RepairSummary | undefined> {
  const { model, log } = parts;
  const connected = await model.connected();
  requireSalt(connected);
  const done = await previewThenRun(parts, engine.repair, connected, {
    previewTitle: vscode.l10n.t("Clever: looking for damage and for changes by other programs"),
    title: vscode.l10n.t("Clever: repairing the lake"),
    ask: ({ tables }) => {
      const due = tables.filter(({ problem }) => problem === null);
      if (due.length === 0) {
        const none = vscode.l10n.t(
          "There is nothing to repair: no other program changed rows of the tables, and no data file is damaged.",
        );
        notifyFinished(log, tables.length === 0 ? [none] : [], tables);
        return undefined;
      }
      const full = tables.map((table) => tableDetail(table, (lines) => lines)).join("\n\n");
      log.info(full);
      const short = tables.map((table) => tableDetail(table, shortened)).join("\n\n");
      const rest = short === full ? [] : [vscode.l10n.t("The Clever Lake log has the complete list.")];
      const question = vscode.l10n.t("Rebuild {0} from the landed files?", counted.tables(due.length));
      return [question, [short, ...rest].join("\n\n"), vscode.l10n.t("Repair")];
    },
    // What other programs changed is known from the listing.
    afterwards: () => model.refreshQuietly(),
  });
  if (done === undefined) return undefined;
  const built = done.tables.filter(({ problem }) => problem === null);
  const text = vscode.l10n.t("Rebuilt from the landed files: {0}.", counted.tables(built.length));
  notifyFinished(log, [text, ...built.flatMap(keptSentence)], done.tables);
  return done;
}

/** @param listed the part of a list of months or files that is named */
function tableDetail(
  { table, found, rebuilt, months, rowsBefore, rowsAfter, kept, problem }: RepairedTable,
  listed: (lines: readonly string[]) => readonly string[],
): string {
  const count = (rows: number | null) => (rows === null ? "?" : integer(rows));
  const changes = months.map((each) =>
    vscode.l10n.t(
      "{0}: {1} → {2} rows",
      each.month ?? vscode.l10n.t("no month"),
      count(each.rowsBefore),
      count(each.rowsAfter),
    ),
  );
  const lines = [...listed(changes)];
  if (months.length === 0 && rowsAfter !== null) {
    lines.push(vscode.l10n.t("{0} → {1} rows", count(rowsBefore), count(rowsAfter)));
  }
  if (rebuilt === "table") {
    lines.push(
      vscode.l10n.t("The whole table is rebuilt next to the old one and replaces it. The old one is kept."),
    );
  }
  if (kept.length > 0) {
    lines.push(
      vscode.l10n.t(
        "The landed files are missing, so the rows of these reports are not changed: {0}",
        listed(kept).join(", "),
      ),
    );
  }
  const end = problem === null ? lines : [unchangedTableMessage(table, problem)];
  return [table, inVsCode(found), ...end].join("\n");
}

function keptSentence({ replaced }: RepairedTable): string[] {
  return replaced === null
    ? []
    : [vscode.l10n.t("The old table is kept in {0}. Delete it when you no longer need it.", replaced)];
}
