import * as vscode from "vscode";
import type { EngineClient } from "../engine/client";
import type { Connected, RepairedTable, RepairSummary } from "../engine/messages";
import * as engine from "../engine/protocol";
import type { ConnectionModel } from "./connectionModel";
import { counted, shortened } from "./counts";
import { integer } from "./format";
import { inVsCode } from "./hints";
import { confirmed, notify, offers, requireSalt } from "./messages";
import { showInformationMessage, showWarningMessage } from "./window";
import { workOnLake } from "./workOnLake";

/** Rebuilds what other programs changed in the tables, and damaged data files. It first shows what it would do, then asks. */
export class RepairCommand {
  constructor(
    private readonly model: ConnectionModel,
    private readonly client: EngineClient,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Resolves to the summary; undefined if nothing was done. */
  async repair(): Promise<RepairSummary | undefined> {
    // For both steps: meanwhile, another window may change the settings.
    const connected = await this.model.connected();
    requireSalt(connected);
    const planned = await this.request(
      connected,
      vscode.l10n.t("Clever: looking for damage and for changes by other programs"),
      true,
    );
    if (planned.tables.length === 0) {
      notify(
        showInformationMessage,
        vscode.l10n.t(
          "There is nothing to repair: no other program changed rows of the tables, and no data file is damaged.",
        ),
      );
      return undefined;
    }
    const due = planned.tables.filter(({ problem }) => problem === null);
    if (due.length === 0) {
      this.notifyFinished([], planned);
      return undefined;
    }
    const full = planned.tables.map((table) => tableDetail(table, (lines) => lines)).join("\n\n");
    this.log.info(full);
    const short = planned.tables.map((table) => tableDetail(table, shortened)).join("\n\n");
    const rest = short === full ? [] : [vscode.l10n.t("The Clever Lake log has the complete list.")];
    const question = vscode.l10n.t("Rebuild {0} from the landed files?", counted.tables(due.length));
    const detail = [short, ...rest].join("\n\n");
    if (!(await confirmed(question, detail, vscode.l10n.t("Repair")))) return undefined;
    const done = await this.request(connected, vscode.l10n.t("Clever: repairing the lake"), false);
    const built = done.tables.filter(({ problem }) => problem === null);
    const text = vscode.l10n.t("Rebuilt from the landed files: {0}.", counted.tables(built.length));
    this.notifyFinished([text, ...built.flatMap(keptSentence)], done);
    return done;
  }

  private async request(connected: Connected, title: string, dryRun: boolean): Promise<RepairSummary> {
    const { model, client } = this;
    const params = { ...connected, dryRun };
    const work = workOnLake({ model, client }, engine.repair, params, { title });
    // What other programs changed is known from the listing.
    if (dryRun) return work;
    return work.finally(() => {
      model.refresh().catch(() => undefined);
    });
  }

  private notifyFinished(sentences: readonly string[], { tables }: RepairSummary): void {
    const left = tables.flatMap(({ table, problem }) =>
      problem === null ? [] : [staysAsItIs(table, problem)],
    );
    const text = [...sentences, ...left].join(" ");
    if (left.length === 0) {
      this.log.info(text);
      notify(showInformationMessage, text);
      return;
    }
    this.log.warn(text);
    notify(showWarningMessage, text, offers.log());
  }
}

/** @param listed the part of a list of months or files that is named */
function tableDetail(
  { table, found, rebuilt, months, rowsBefore, rowsAfter, kept, problem }: RepairedTable,
  listed: (lines: readonly string[]) => readonly string[],
): string {
  const count = (rows: number | null) => (rows === null ? "?" : integer(rows));
  const changes = months.map((each) =>
    vscode.l10n.t("{0}: {1} → {2} rows", each.month, count(each.rowsBefore), count(each.rowsAfter)),
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
  const end = problem === null ? lines : [staysAsItIs(table, problem)];
  return [table, found, ...end].join("\n");
}

function staysAsItIs(table: string, problem: string): string {
  return vscode.l10n.t("{0} stays as it is: {1}", table, inVsCode(problem));
}

function keptSentence({ replaced }: RepairedTable): string[] {
  return replaced === null
    ? []
    : [vscode.l10n.t("The old table is kept in {0}. Delete it when you no longer need it.", replaced)];
}
