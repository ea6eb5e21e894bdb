import path from "node:path";
import * as vscode from "vscode";
import { EngineClient, type EngineExit } from "../engine/client/client";
import type { LogMessage } from "../engine/messages/messages";
import { previewStrings } from "../protocol/previewStrings";
import { adopt } from "./commands/adoptCommand";
import { createAssets } from "./commands/assetsCommand";
import { QuarantineCommands } from "./commands/quarantineCommands";
import { type Commands, registerCommands } from "./commands/registerCommands";
import { repair } from "./commands/repairCommand";
import { ReportCommands } from "./commands/reportCommands";
import { RosterCommand } from "./commands/rosterCommand";
import { SampleCommands } from "./commands/sampleCommands";
import * as upkeep from "./commands/upkeepCommands";
import { ConnectionCommands } from "./connection/connectionCommands";
import { ConnectionModel } from "./connection/connectionModel";
import { CredentialCommands } from "./connection/credentialCommands";
import { SampleDistrict } from "./connection/sampleDistrict";
import { SecretStore } from "./connection/secrets";
import { secretsKey } from "./connection/secretsKey";
import { checkSettings, isConnected, readSettings, usesSample } from "./connection/settings";
import { targetsOf } from "./connection/targets";
import { Dashboards } from "./dashboard/Dashboards";
import { GroupSize } from "./dashboard/groupSize";
import { Disposable } from "./dispose";
import { focus } from "./focus";
import { notify, notifyError, reported } from "./messages";
import { adoptionPage, adoptionPages } from "./pages/adoptionPage";
import { tablePage, tablePages } from "./pages/tablePages";
import type { Parts } from "./parts";
import { previewViewType } from "./preview/enginePreviews";
import { BackgroundCheck } from "./runs/backgroundCheck";
import { RunController } from "./runs/runController";
import { runPage, runReports } from "./runs/runReport";
import { StatusBar } from "./runs/statusBar";
import { showStatusMenu } from "./runs/statusMenu";
import { locale, nameOf } from "./texts/format";
import { hintInVsCode } from "./texts/hints";
import { type LakeNode, LakeTree } from "./trees/lakeTree";
import { createTreeView } from "./trees/openRows";
import { shortCounts, totalOf } from "./trees/reportCounts";
import { type ReportNode, ReportsTree } from "./trees/reportsTree";
import { type RunNode, RunsTree } from "./trees/runsTree";
import { viewMessage } from "./trees/viewMessage";
import { showWarningMessage } from "./window";
import { microsoftToken } from "./wizard/microsoftAccount";

/** Wires the extension's parts together. The first request starts the engine, not this class. */
export class Application extends Disposable {
  readonly log = this.hold(vscode.window.createOutputChannel("Clever Lake", { log: true }));
  readonly client: EngineClient;
  readonly model: ConnectionModel;
  readonly runs: RunController;
  readonly secrets: SecretStore;
  readonly reportsTree: ReportsTree;
  readonly lakeTree: LakeTree;
  readonly runsTree: RunsTree;
  readonly dashboards: Dashboards;
  private readonly groupSize: GroupSize;
  private readonly ending = new AbortController();
  private readonly statusBar = this.hold(new StatusBar());
  readonly reportsView: vscode.TreeView<ReportNode>;

  constructor(context: vscode.ExtensionContext) {
    super();
    this.hold({ dispose: () => this.ending.abort() });
    this.client = new EngineClient({
      modulePath: path.join(context.extensionPath, "dist", "engine.mjs"),
      token: microsoftToken,
      hintFor: hintInVsCode,
      onLog: (message) => this.logOfEngine(message),
      onExit: (exit) => this.engineEnded(exit),
    });
    this.secrets = new SecretStore(
      context.secrets,
      () => secretsKey(context.globalStorageUri.fsPath, context.globalState),
      () => readSettings().then(targetsOf, () => undefined),
    );
    const { client, log, secrets } = this;
    const sample = new SampleDistrict(client, path.join(context.globalStorageUri.fsPath, "sample"));
    const model = this.hold(new ConnectionModel(client, secrets, sample, log));
    this.model = model;
    const parts = { model, client, log };
    const runPages = this.hold(runReports(parts));
    const openRun = (runId: string) => runPages.show(runPage(runId));
    const tables = this.hold(tablePages(parts));
    const adoptions = this.hold(adoptionPages(parts));
    const roster = new RosterCommand(parts);
    this.groupSize = new GroupSize(context.globalState);
    this.dashboards = this.hold(new Dashboards(context, parts, this.groupSize));
    this.runs = this.hold(
      new RunController(
        parts,
        openRun,
        (path) => reports.openReport(path),
        async ({ command }, connected, signal, location, show) => {
          if (command === "ingest") return undefined;
          const path = sample.rosterOf(connected);
          if (path !== undefined) await roster.importQuietly(connected, { origin: "server", path }, signal);
          return this.dashboards.updateGroupsAfterRun(connected, signal, location, show);
        },
      ),
    );

    this.reportsTree = this.hold(new ReportsTree(model));
    this.lakeTree = this.hold(new LakeTree(parts));
    this.runsTree = this.hold(new RunsTree(parts, this.runs));
    const { runs, reportsTree, lakeTree } = this;
    this.reportsView = this.hold(
      createTreeView<ReportNode>(
        "clever.reports",
        { treeDataProvider: reportsTree, canSelectMany: true, showCollapseAll: true },
        context.workspaceState,
      ),
    );
    const lakeView = this.hold(
      createTreeView<LakeNode>(
        "clever.lake",
        { treeDataProvider: lakeTree, showCollapseAll: true },
        context.workspaceState,
      ),
    );
    this.hold(vscode.window.createTreeView<RunNode>("clever.runs", { treeDataProvider: this.runsTree }));

    const previewContext = () => ({
      ...parts,
      extensionUri: context.extensionUri,
      strings: previewStrings((text) => vscode.l10n.t(text), vscode.env.language, locale),
    });
    const openPreview = async (origin: "server" | "lake", file: string, delivery?: string) => {
      const { PreviewPanel } = await import("./preview/PreviewPanel");
      PreviewPanel.open(previewContext(), { origin, path: file, name: nameOf(file) }, delivery);
    };
    this.hold(
      vscode.window.registerWebviewPanelSerializer(previewViewType, {
        deserializeWebviewPanel: async (panel, state: unknown) => {
          const { PreviewPanel } = await import("./preview/PreviewPanel");
          PreviewPanel.restore(panel, state, previewContext());
        },
      }),
    );

    const connection = this.hold(new ConnectionCommands(parts, secrets));
    const credentials = new CredentialCommands(parts, secrets, connection);
    const samples = new SampleCommands(context, model, sample);
    const reports = new ReportCommands({
      ...parts,
      runs,
      openRunPage: openRun,
      reportsTree,
      reportsView: this.reportsView,
      lakeTree,
      lakeView,
      openTable: (table) => tables.show(tablePage(table)),
      openPreview,
    });
    this.hold(
      registerCommands(
        {
          adopt: () => adopt(parts, () => adoptions.show(adoptionPage())),
          ...this.commands(parts, reports, roster),
          ...connectionCommands(connection, credentials, samples),
        },
        context.extension,
        this.runs,
        log,
        (needsConnection) => model.onUserAction(needsConnection),
      ),
    );
    this.hold(new BackgroundCheck(model, this.runs));
    this.hold(model.onDidChange(() => this.showState()));
    this.hold(this.runs.onDidChange(() => this.showState()));
    this.hold(vscode.workspace.onDidChangeConfiguration((event) => this.checkSettings(event)));
    this.showState();
    if (vscode.workspace.isTrusted) void this.startUp(samples);
    else this.hold(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.startUp(samples)));
  }

  /**
   * Work on startup that the user did not request. Skipped in Restricted Mode, so that nothing connects on its own.
   */
  private async startUp(samples: SampleCommands): Promise<void> {
    await reported(this.log, async () => {
      await samples.migrateLegacy();
      // `npm start` requests the sample district through this variable.
      if (process.env.CLEVER_LAKE_TRY_SAMPLE === "1" && !isConnected()) await samples.try();
    });
    // The badge and status bar show news before the view is first opened; they also show a failure. Of several windows,
    // only those in use connect.
    await focus(this.ending.signal);
    if (isConnected() && !this.disposed) await this.model.loaded().catch(() => undefined);
  }

  /** Ends the engine; resolves once its process has exited. */
  end(): Promise<void> {
    this.dispose();
    return this.client.dispose();
  }

  private commands(parts: Parts, reports: ReportCommands, roster: RosterCommand): Commands {
    const { model, log, runs } = this;
    const quarantine = new QuarantineCommands(parts, runs, () => reports.refresh());
    return {
      refresh: () => reports.refresh(),
      ingest: () => runs.run({ command: "ingest" }),
      anonymize: () => runs.run({ command: "anonymize" }),
      run: () => runs.run({ command: "run" }),
      cancelRun: () => runs.cancel(),
      ingestSelected: (node?: ReportNode, nodes?: ReportNode[]) => reports.runSelected("ingest", node, nodes),
      runSelected: (node?: ReportNode, nodes?: ReportNode[]) => reports.runSelected("run", node, nodes),
      acceptFile: (node?: ReportNode, nodes?: ReportNode[]) => quarantine.accept(node, nodes),
      dismissFile: (node?: ReportNode, nodes?: ReportNode[]) => quarantine.dismiss(node, nodes),
      importRoster: () => roster.import(),
      verify: () => reports.verify(),
      preview: (node?: ReportNode) => reports.preview(node),
      copyPath: (node?: ReportNode | LakeNode, nodes?: (ReportNode | LakeNode)[]) =>
        reports.copyPath(node, nodes),
      revealInLake: (node?: ReportNode) => reports.revealInLake(node),
      openLakeItem: (node?: LakeNode) => reports.openLakeItem(node),
      openRun: (node?: RunNode) => reports.openRun(node),
      retryRun: (node?: RunNode) => reports.retryRun(node),
      optimize: () => upkeep.optimize(parts),
      vacuum: () => upkeep.vacuum(parts),
      repair: () => repair(parts),
      updateActivity: () => upkeep.updateActivity(parts),
      createAssets: () => createAssets(parts, this.groupSize),
      updateGroups: () => this.dashboards.updateGroups(),
      openDashboard: (filter?: unknown, asked?: unknown) => this.dashboards.open(filter, asked),
      showOlderRuns: () => this.runsTree.showOlder(),
      showLog: () => log.show(),
      showMenu: () => showStatusMenu(model, runs),
    };
  }

  private showState(): void {
    const { model, statusBar, runs } = this;
    const { counts } = model;
    const value = totalOf(counts);
    this.reportsView.badge = value === 0 ? undefined : { value, tooltip: shortCounts(counts) };
    this.reportsView.message = viewMessage(model);
    statusBar.show(model, runs.running);
  }

  /** Reports an invalid setting when it is written, not when it is first used; only in the window that is in use. */
  private checkSettings(event: vscode.ConfigurationChangeEvent): void {
    if (!event.affectsConfiguration("clever") || !isConnected() || !vscode.window.state.focused) return;
    // The wizard writes one setting after the other.
    this.model.written.then(checkSettings).catch((error: unknown) => notifyError(error, this.log));
  }

  private logOfEngine({ level, message }: LogMessage): void {
    if (!this.disposed) this.log[level === "error" ? "error" : "warn"](message);
  }

  private engineEnded({ interrupted, exitCode, signal }: EngineExit): void {
    this.log.error(
      `The engine ended (${signal ?? `exit code ${exitCode}`}); interrupted: ${interrupted.join(", ") || "nothing"}`,
    );
    // A request that was interrupted reports it.
    if (interrupted.length > 0) return;
    notify(showWarningMessage, vscode.l10n.t("Clever's engine ended unexpectedly; it restarts when needed."));
  }
}

function connectionCommands(
  connection: ConnectionCommands,
  credentials: CredentialCommands,
  samples: SampleCommands,
): Commands {
  return {
    connect: () => connection.connect(),
    testConnection: () => connection.test(),
    trySample: () => samples.try(),
    leaveSample: () => samples.leave(),
    changeCredentials: () => credentials.change(),
    showSalt: () => credentials.showSalt(),
    forgetCredentials: () => credentials.forget(),
    // While the sample is in use, this leaves the sample and keeps the user's own connection.
    removeConnection: () => (usesSample() ? samples.leave() : credentials.remove()),
  };
}
