import * as vscode from "vscode";
import { isCleverLakeError, undefinedIf } from "../../basics/errors";
import type { ReportItem } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { comparesContents } from "../connection/settings";
import {
  noReports,
  notify,
  notifyError,
  notifyNothingSelected,
  type Offer,
  offers,
  reported,
} from "../messages";
import type { Parts } from "../parts";
import type { RunController } from "../runs/runController";
import { counted, forCount, ifAny } from "../texts/counts";
import { recentTime } from "../texts/format";
import { inVsCode } from "../texts/hints";
import type { LakeNode, LakeTree } from "../trees/lakeTree";
import { isDue, isRelevantReport } from "../trees/reportCounts";
import { stateIcon, stateWord } from "../trees/reportState";
import type { ReportNode, ReportsTree } from "../trees/reportsTree";
import { outcomeWord, type RunNode } from "../trees/runsTree";
import {
  showErrorMessage,
  showInformationMessage,
  showQuickPick,
  showWarningMessage,
  withProgress,
} from "../window";
import { withWork } from "../withWork";

export interface ReportCommandParts extends Parts {
  readonly runs: RunController;
  readonly reportsTree: ReportsTree;
  readonly reportsView: vscode.TreeView<ReportNode>;
  readonly lakeTree: LakeTree;
  readonly lakeView: vscode.TreeView<LakeNode>;
  /** Opens the page of a run. */
  readonly openRunPage: (runId: string) => Promise<void>;
  /** Opens a page about a table of the lake, by the table's folder. */
  readonly openTable: (table: string) => Promise<void>;
  /** Opens a preview of a report on the server, or of a landed file, see `PreviewPanel.open`. */
  readonly openPreview: (origin: "server" | "lake", path: string, delivery?: string) => Promise<void>;
}

/** The commands that act on reports, tables and runs. Without a target, each reports this. */
export class ReportCommands {
  constructor(private readonly parts: ReportCommandParts) {}

  async refresh(): Promise<void> {
    const { model, log } = this.parts;
    model.lakeMayHaveChanged();
    try {
      await model.refresh();
    } catch (error) {
      notifyError(error, log, { title: vscode.l10n.t("Retry"), act: () => this.refresh() });
    }
  }

  /** Acts on the selection in the view, or asks what to act on. */
  async runSelected(
    command: "ingest" | "run",
    node?: ReportNode,
    nodes?: readonly ReportNode[],
  ): Promise<void> {
    const items = await this.chosen(node, nodes);
    if (items === undefined || items.length === 0) return;
    const isDueNow = (item: ReportItem) => isDue(item) && (command === "run" || item.state !== "landed");
    const due = items.filter(comparesContents() ? isRelevantReport : isDueNow);
    if (due.length === 0) return notifyNoneDue(items);
    await this.parts.runs.run({ command, only: due.map(({ path }) => path) });
  }

  async verify(): Promise<void> {
    const { client, log, model } = this.parts;
    const connected = await model.connected();
    const { leftovers, landedFiles, reportRows, inQuarantine, withEarlierRows, ...found } = await withWork(
      vscode.l10n.t("Clever: verifying the lake"),
      (_progress, signal) => client.request(engine.verify, connected, { signal }),
    );
    const problems = found.problems.map(({ subject, problem }) => ({ subject, problem: inVsCode(problem) }));
    for (const { subject, problem } of problems) log.error(`Verify: ${subject}: ${problem}`);
    for (const { subject, note } of leftovers) log.info(`Verify: ${subject}: ${note}`);
    for (const path of inQuarantine) log.warn(`Verify: ${path}: in quarantine`);
    const waiting = quarantineSentences(inQuarantine, withEarlierRows);
    const [first] = problems;
    if (first) {
      const text = forCount(
        problems.length,
        vscode.l10n.t("1 discrepancy found: {0}: {1}"),
        vscode.l10n.t("{0} discrepancies found, first {1}: {2}"),
        first.subject,
        first.problem,
      );
      notify(showErrorMessage, [text, ...waiting].join(" "), offers.repair(), offers.log());
    } else {
      const text = vscode.l10n.t(
        "No discrepancies found: {0} of reports in {1}.",
        counted.rows(reportRows),
        counted.files(landedFiles),
      );
      const show = waiting.length > 0 ? showWarningMessage : showInformationMessage;
      notify(show, [text, ...waiting].join(" "), ...(waiting.length > 0 ? [offers.reports()] : []));
    }
  }

  async preview(node?: ReportNode): Promise<void> {
    const [item] = (await this.chosen(node, undefined, true)) ?? [];
    if (item) await this.openReport(item.path);
  }

  /**
   * Opens a report's preview. For a quarantined report, it opens the landed file: that is the rejected delivery, and it
   * still exists if the file has left the server.
   */
  async openReport(path: string): Promise<void> {
    const item = this.parts.model.reports.find((each) => each.path === path);
    const isRejected = item?.state === "quarantined" || item?.state === "dismissed";
    if (isRejected && item.landed !== undefined) {
      await this.parts.openPreview("lake", item.landed.landedPath);
    } else await this.parts.openPreview("server", path, item && `${item.size} ${item.modified}`);
  }

  /** Copies the paths of all selected items, one per line. */
  async copyPath(
    node?: ReportNode | LakeNode,
    nodes: readonly (ReportNode | LakeNode)[] = [],
  ): Promise<void> {
    const paths = (nodes.length > 0 ? nodes : [node]).map(pathOf).filter((path) => path !== undefined);
    if (paths.length === 0) return notifyNothingSelected("clever.reports");
    await vscode.env.clipboard.writeText(paths.join("\n"));
  }

  async revealInLake(node?: ReportNode): Promise<void> {
    const { lakeTree, lakeView } = this.parts;
    if (node?.kind !== "file") return notifyNothingSelected("clever.reports");
    const { path, state, landed } = node.item;
    const ingest: Offer = { title: vscode.l10n.t("Ingest"), act: () => this.runSelected("ingest", node) };
    if (landed === undefined) {
      const show = showInformationMessage;
      if (state === "ignored") notify(show, vscode.l10n.t("{0} is not ingested.", path));
      else notify(show, vscode.l10n.t("{0} is new: it is not in the lake yet.", path), ingest);
      return;
    }
    const found = await lakeTree.find(landed.landedPath);
    if (found === undefined) {
      const text = vscode.l10n.t("{0} was ingested, but is no longer in the lake.", landed.landedPath);
      // Unlike the command, it waits for a run in progress.
      const verify = { ...offers.verify(), act: () => reported(this.parts.log, () => this.verify()) };
      notify(showWarningMessage, text, verify);
      return;
    }
    await lakeView.reveal(found, { select: true, focus: true });
    if (state === "changed") {
      const text = vscode.l10n.t("This is {0} as it was before it changed on the server.", path);
      notify(showInformationMessage, text, ingest);
    } else if (state === "quarantined") {
      const text = vscode.l10n.t("{0} is in quarantine: no row of this delivery is in the tables.", path);
      const preview = { title: vscode.l10n.t("Preview Report"), act: () => this.openReport(path) };
      notify(showInformationMessage, text, preview);
    }
  }

  /** Opens an item of the lake. This shows no identities: pages of tables contain none, and previews mask them. */
  async openLakeItem(node?: LakeNode): Promise<void> {
    const path = pathOf(node);
    if (node === undefined || path === undefined) return notifyNothingSelected("clever.lake");
    if (node.kind === "landed") await this.parts.openPreview("lake", path);
    else if (node.kind === "table") await this.parts.openTable(path);
  }

  async openRun(node?: RunNode): Promise<void> {
    const { client, model, openRunPage } = this.parts;
    if (node?.kind === "run") return openRunPage(node.run.runId);
    const connected = await model.connected();
    const params = { ...connected, from: 0, count: 100 };
    const isNoLake = (error: unknown) => isCleverLakeError(error, "notFound");
    const listed = await withProgress(vscode.l10n.t("Clever: reading the runs"), (_progress, signal) =>
      undefinedIf(isNoLake, client.request(engine.listRuns, params, { signal })),
    );
    const { total, runs } = listed ?? { total: 0, runs: [] };
    const picked = await showQuickPick(
      runs.map(({ runId, outcome, started }) => ({
        label: recentTime(started),
        description: outcomeWord(outcome),
        detail: runId,
      })),
      { placeHolder: whichRun(total, params.count) },
    );
    if (picked) await openRunPage(picked.detail);
  }

  /** Runs again what a run was asked to do. */
  async retryRun(node?: RunNode): Promise<void> {
    const { runs } = this.parts;
    if (node?.kind !== "run") return void (await runs.run({ command: "run" }));
    const { command, only, accept } = node.run;
    if (command === "adopt") await vscode.commands.executeCommand("clever.adopt");
    else await runs.run({ command, only, accept });
  }

  /** The target reports: given, selected or picked from a list; undefined if the user cancelled. */
  private async chosen(
    node: ReportNode | undefined,
    nodes: readonly ReportNode[] | undefined,
    one = false,
  ): Promise<readonly ReportItem[] | undefined> {
    const { model, reportsTree, reportsView } = this.parts;
    const given = nodes && nodes.length > 0 ? nodes : node ? [node] : one ? [] : reportsView.selection;
    if (given.length > 0) return reportsTree.filesOf(given);
    await model.loadedOnRequest();
    const items = model.reports
      .filter(({ report }) => report !== undefined)
      .map((item) => ({ label: item.path, description: stateWord(item), iconPath: stateIcon(item), item }));
    const placeHolder = items.length > 0 ? vscode.l10n.t("Which report?") : noReports();
    const options = { matchOnDescription: true, placeHolder };
    if (one) {
      const picked = await showQuickPick(items, options);
      return picked && [picked.item];
    }
    const picked = await showQuickPick(items, { ...options, canPickMany: true });
    return picked?.map(({ item }) => item);
  }
}

/** Reports why a run would do nothing with the selected reports. */
function notifyNoneDue(items: readonly ReportItem[]): void {
  if (items.every(({ state }) => state === "landed" || state === "anonymized")) {
    notify(showInformationMessage, vscode.l10n.t("The selected reports are already in the lake."));
    return;
  }
  const why = [...new Set(items.map(stateWord))].join(", ");
  const text = vscode.l10n.t("None of the selected reports is due: {0}.", why);
  notify(showInformationMessage, text, offers.reports());
}

/**
 * Sentences about quarantined files after a verification: these deliveries are in no table, so they are not verified.
 */
function quarantineSentences(paths: readonly string[], withEarlierRows: readonly string[]): string[] {
  return [
    ...ifAny(
      paths.length,
      vscode.l10n.t("1 file is in quarantine, and no row of its newest delivery is in the tables: {0}."),
      vscode.l10n.t(
        "{0} files are in quarantine, and no row of their newest deliveries is in the tables; first {1}.",
      ),
      ...paths.slice(0, 1),
    ),
    ...(withEarlierRows.length > 0 ? [vscode.l10n.t("Rows of earlier deliveries stay in the tables.")] : []),
  ];
}

function pathOf(node: ReportNode | LakeNode | undefined): string | undefined {
  switch (node?.kind) {
    case "file":
      return node.item.path;
    case "folder":
      return node.path;
    case "stage":
      return node.stage.name;
    case "table":
      return node.table.path;
    case "landed":
      return node.file.path;
    default:
      return undefined;
  }
}

/** @param shown how many runs are offered at most, the newest ones */
function whichRun(total: number, shown: number): string {
  if (total === 0) return vscode.l10n.t("Nothing has been run yet.");
  if (total <= shown) return vscode.l10n.t("Which run?");
  return vscode.l10n.t("Which of the {0} newest runs? The view Runs also has the older ones.", shown);
}
