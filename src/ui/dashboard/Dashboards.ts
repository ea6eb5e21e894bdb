import * as vscode from "vscode";
import { describeError } from "../../basics/errors";
import { areRowsAmong, withCaveats } from "../../dashboard/caveats";
import { defaultSchoolYearStart } from "../../dashboard/opening";
import type { Connected, CountingParams, GroupsSummary } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { given, readDashboardFiles, readGeneralSettings, section, usesSample } from "../connection/settings";
import { Disposable } from "../dispose";
import { isCancellation, notify, reported } from "../messages";
import type { Parts } from "../parts";
import { counted } from "../texts/counts";
import { showInformationMessage, showWarningMessage } from "../window";
import { withWork } from "../withWork";
import { workOnLake } from "../workOnLake";
import type { DashboardContext } from "./DashboardPanel";
import type { DashboardSource } from "./DashboardSession";
import type { GroupSize } from "./groupSize";

/** The dashboard's webview type. It is defined here so that using it loads nothing else. */
const viewType = "clever.dashboard";
/** Path of links to the dashboard. */
const linkPath = "/dashboard";
/** The tab includes message validation and many texts, so it is loaded on demand. */
const panel = () => import("./DashboardPanel");

/** Settings that affect the dashboard. */
const settings = [
  "minimumGroupSize",
  "keepWhole",
  "schoolYearStart",
  "schoolLevelsFile",
  "licencesFile",
  "districtName",
  "lake",
  "sampleDistrict",
].map((key) => `${section}.${key}`);

/** The participation dashboard in the extension: opens it, restores it after a reload, keeps it up to date. */
export class Dashboards extends Disposable {
  private readonly changed = this.hold(new vscode.EventEmitter<void>());

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly parts: Parts,
    private readonly groupSize: GroupSize,
  ) {
    super();
    const { model, log } = parts;
    this.hold(model.onDidChangeLake(() => this.changed.fire()));
    /** The reports in quarantine, and whether rows were changed, at the last listing of the server. */
    const caveatsNow = () => {
      const quarantined = model.reports.filter(({ state }) => state === "quarantined");
      return JSON.stringify([quarantined.map(({ path }) => path), areRowsAmong(model.lake.changedByOthers)]);
    };
    let caveats = caveatsNow();
    this.hold(
      model.onDidChange(() => {
        const before = caveats;
        caveats = caveatsNow();
        if (caveats !== before) this.changed.fire();
      }),
    );
    this.hold(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (settings.some((setting) => event.affectsConfiguration(setting))) this.changed.fire();
        // A setting that would show everyone is confirmed at once, not only when the dashboard is opened.
        if (event.affectsConfiguration(`${section}.minimumGroupSize`))
          void reported(log, () => this.groupSize.current());
      }),
    );
    this.hold(
      vscode.window.registerUriHandler({
        handleUri: (uri) => reported(log, () => this.openLink(uri)),
      }),
    );
    this.hold(
      vscode.window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (tab, state: unknown) => {
          (await panel()).DashboardPanel.restore(tab, state, this.panelContext());
        },
      }),
    );
  }

  /**
   * @param filter the initial filter; menus pass other values, which are ignored
   * @param asked the question to answer
   */
  async open(filter?: unknown, asked?: unknown): Promise<void> {
    const { dashboardFilterSchema } = await import("../../dashboard/filter");
    const { questionIds } = await import("../../dashboard/questions");
    const parsed = dashboardFilterSchema.safeParse(filter);
    const question = questionIds.find((id) => id === asked) ?? null;
    const linked = parsed.success ? { filter: parsed.data, question } : undefined;
    (await panel()).DashboardPanel.open(this.panelContext(), linked);
  }

  /** Opens the dashboard with the view of a link that the user followed. */
  async openLink(uri: vscode.Uri): Promise<void> {
    if (uri.path !== linkPath) return;
    const { parseViewLink } = await import("../../dashboard/export/viewLink");
    const linked = parseViewLink(`?${uri.query}`);
    // If there is no connection yet, the command reports what is missing.
    if (linked) await vscode.commands.executeCommand("clever.openDashboard", linked.filter, linked.question);
    else
      notify(
        showWarningMessage,
        vscode.l10n.t("The link is damaged or from another version of Clever Lake."),
      );
  }

  /** Updates the table of groups. */
  async updateGroups(): Promise<GroupsSummary> {
    const connected = await this.parts.model.connected();
    const params = await this.groupsParams(connected, await this.groupSize.confirmed());
    const done = await workOnLake(this.parts, engine.updateGroups, params, { title: groupsText() });
    const text = done.written
      ? vscode.l10n.t("The table of groups is up to date: {0}.", counted.groups(done.groups))
      : vscode.l10n.t("The table of groups is already up to date.");
    notify(showInformationMessage, text);
    return done;
  }

  /**
   * Updates the table of groups as part of a run, if the settings ask for it; then `show` is called. Resolves to the
   * error if that failed.
   */
  async updateGroupsAfterRun(
    connected: Connected,
    signal: AbortSignal,
    location: vscode.ProgressLocation,
    show: (text: string) => void,
  ): Promise<unknown> {
    if (given("groupsTable") !== true) return undefined;
    show(groupsText());
    try {
      const size = await this.groupSize.current(signal);
      const params = await this.groupsParams(connected, size);
      const work = (_progress: unknown, cancelled: AbortSignal) =>
        this.parts.client.request(engine.updateGroups, params, {
          signal: AbortSignal.any([cancelled, signal]),
        });
      await withWork(groupsText(), work, undefined, location);
      return undefined;
    } catch (error) {
      return signal.aborted || isCancellation(error) ? undefined : error;
    }
  }

  private async groupsParams(connected: Connected, minimumGroupSize: number): Promise<CountingParams> {
    const { keepWhole } = await readGeneralSettings();
    return { ...connected, minimumGroupSize, keepWhole, cacheFolder: this.context.globalStorageUri.fsPath };
  }

  private panelContext(): DashboardContext {
    const { context, parts, groupSize } = this;
    return {
      ...parts,
      extensionUri: context.extensionUri,
      state: context.globalState,
      link: `${vscode.env.uriScheme}://${context.extension.id}${linkPath}`,
      source: engineSource(parts, groupSize, context.globalStorageUri.fsPath),
      onDidChange: this.changed.event,
    };
  }
}

function groupsText(): string {
  return vscode.l10n.t("Clever: updating the table of groups");
}

/** Asks the engine, with the current settings. The page offers the log, so a failure is in it. */
function engineSource(
  { model, client, log }: Parts,
  groupSize: GroupSize,
  cacheFolder: string,
): DashboardSource {
  return {
    async ask(filter, signal, onProgress) {
      try {
        const connected = await model.connected();
        const minimumGroupSize = await groupSize.current(signal);
        const { keepWhole } = await readGeneralSettings();
        const files = await readDashboardFiles();
        const schoolYearStart = String(given("schoolYearStart") ?? defaultSchoolYearStart);
        const counting = { minimumGroupSize, keepWhole, schoolYearStart, cacheFolder };
        // Reports stay known while the server is being listed, as after each run.
        const isListed = model.seen !== undefined;
        const params = { ...connected, filter, ...counting, ...files, isListed };
        const answer = await client.request(engine.dashboard, params, { signal, onProgress });
        // The sample district's lake is a folder of ours.
        if ("empty" in answer) return usesSample() ? { empty: true } : answer;
        if (!isListed) return answer;
        return withCaveats(answer, model.reports, areRowsAmong(model.lake.changedByOthers));
      } catch (error) {
        if (!signal.aborted) log.error(describeError(error));
        throw error;
      }
    },
  };
}
