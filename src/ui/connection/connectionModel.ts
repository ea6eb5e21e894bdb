import * as vscode from "vscode";
import { CleverLakeError, describeError } from "../../basics/errors";
import { pause } from "../../basics/pause";
import type { Config } from "../../config";
import type { EngineClient } from "../../engine/client/client";
import type { Connected, ReportItem, ReportsAnswer } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { Disposable } from "../dispose";
import { noAutomaticLoading } from "../messages";
import { countsOf, type ReportCounts } from "../trees/reportCounts";
import { withProgress } from "../window";
import type { SampleDistrict } from "./sampleDistrict";
import type { SecretName, SecretStore } from "./secrets";
import {
  type ConnectionSettings,
  hasConnection,
  isConnected,
  proxySettingNames,
  readSettings,
  removeConnectionSettings,
  section,
  usesSample,
  withProxy,
  writeConnection,
} from "./settings";
import { TargetGuard } from "./targetGuard";
import { targetsOf } from "./targets";

/** How long another window may take to write a connection. */
const settleMilliseconds = 1_000;

/** What is known of the lake before the first listing. */
const unknownLake: Omit<ReportsAnswer, "count"> = {
  isNew: false,
  overdue: [],
  needsAdoption: false,
  changedByOthers: [],
};

/** What runs have landed, for comparisons. */
const landingsOf = (items: readonly ReportItem[]): string =>
  JSON.stringify(items.map(({ landed }) => landed && [landed.landedPath, landed.runId]));

/** The state of the last listing of the server. */
export type ReportsState = "unknown" | "loading" | "loaded" | "empty" | "failed";

/**
 * The connection for the views: the reports on the server with their ingestion status. The views listen to its one
 * instance.
 */
export class ConnectionModel extends Disposable {
  private readonly changed = this.hold(new vscode.EventEmitter<void>());
  /** The reports or their status changed. */
  readonly onDidChange = this.changed.event;
  private readonly lakeChanged = this.hold(new vscode.EventEmitter<void>());
  /** The lake or its runs may have changed. */
  readonly onDidChangeLake = this.lakeChanged.event;
  private readonly connectionChanged = this.hold(new vscode.EventEmitter<void>());
  /** The server, the lake or a secret may have changed; fires after `onDidChangeLake`. */
  readonly onDidChangeConnection = this.connectionChanged.event;

  private items: readonly ReportItem[] = [];
  private lakeFacts = unknownLake;
  private current: ReportsState = "unknown";
  private failure: unknown;
  private listedAt: number | undefined;
  /** Whether the user has requested anything from the server or the lake in this window. */
  private isRequested = false;
  private readonly guard: TargetGuard;
  /** Settings and secrets are written one after the other. No request may see a half-written state. */
  private changing: Promise<void> = Promise.resolve();
  private loading: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(
    private readonly client: EngineClient,
    private readonly secrets: SecretStore,
    private readonly sample: SampleDistrict,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.guard = new TargetGuard(secrets, () => this.loadAgain());
    this.hold(
      vscode.workspace.onDidChangeConfiguration((event) => {
        const ofReports = [`${section}.userTypes`, `${section}.expectReportsWithin`];
        const own = ["sftp", "lake", "saltKeyVaultUrl", "sampleDistrict"].map((key) => `${section}.${key}`);
        const ofConnection = [...own, ...proxySettingNames];
        if (ofConnection.some((name) => event.affectsConfiguration(name))) {
          this.guard.mayAsk = false;
          this.reset();
        } else if (this.isKnown && ofReports.some((name) => event.affectsConfiguration(name))) {
          this.refreshQuietly();
        }
      }),
    );
    this.hold(secrets.onDidChange(() => this.reset()));
    this.hold(vscode.workspace.onDidGrantWorkspaceTrust(() => this.connectionMayHaveChanged()));
    this.hold(new vscode.Disposable(() => this.loading?.abort.abort()));
    this.setContext();
  }

  get reports(): readonly ReportItem[] {
    return this.items;
  }

  /** What the last listing says of the lake. */
  get lake(): Omit<ReportsAnswer, "count"> {
    return this.lakeFacts;
  }

  get state(): ReportsState {
    return this.current;
  }

  /** Whether this window has listed the server. Other windows do not connect because a setting changed. */
  private get isKnown(): boolean {
    return this.current !== "unknown";
  }

  /** Why the last listing failed. */
  get error(): unknown {
    return this.failure;
  }

  /** When the reports were listed, in milliseconds since 1970; undefined before the first listing. */
  get seen(): number | undefined {
    return this.listedAt;
  }

  /** Reports that a run would ingest. */
  get newCount(): number {
    return this.items.filter(({ state }) => state === "new" || state === "changed").length;
  }

  /** How many reports need attention, for badge and status bar. */
  get counts(): ReportCounts {
    return countsOf(this.items, this.lakeFacts.overdue);
  }

  /**
   * Whether the views may contact server and lake on their own: in Restricted Mode only after a request by the user.
   */
  get mayLoad(): boolean {
    return isConnected() && (vscode.workspace.isTrusted || this.isRequested);
  }

  /**
   * Settings and secrets for a request, read at the time of use. This is the only path from the stored secrets to a
   * server or a lake. If the settings have another server or lake than the one that the secrets were entered for, the
   * user is asked. Rejects if the user did nothing in this window since.
   */
  async connected(): Promise<Connected> {
    await this.changing;
    // For example, for a tab that VS Code restores.
    if (isConnected() && !this.mayLoad) throw new CleverLakeError("config", noAutomaticLoading());
    if (usesSample()) return this.sample.connected();
    if (!hasConnection()) {
      throw new CleverLakeError("notConnected", vscode.l10n.t("There is no connection yet."));
    }
    const { minimumGroupSize: _, ...settings } = await this.settledSettings();
    const { sftp, lake, saltKeyVaultUrl } = settings;
    const connection = withProxy(settings);
    const stored = await this.guard.secretsFor(targetsOf({ sftp, lake, saltKeyVaultUrl }));
    // The settings say where the salt is, whatever was stored before.
    const { salt: _salt, ...secrets } = stored;
    return { connection, secrets: saltKeyVaultUrl === undefined ? stored : secrets };
  }

  /** The settings, once they are consistent: another window writes a connection one setting after the other. */
  private async settledSettings(): Promise<Config> {
    const settings = await readSettings();
    if (!(await this.guard.moved(targetsOf(settings)))) return settings;
    await pause(settleMilliseconds);
    return readSettings();
  }

  /** Called when the user acts in this window: they may be asked, even about what they declined before. */
  onUserAction(needsConnection: boolean): void {
    this.guard.mayAsk = true;
    if (needsConnection && isConnected()) this.allowLoading();
  }

  private allowLoading(): void {
    const couldLoad = this.mayLoad;
    this.isRequested = true;
    if (!couldLoad) this.connectionMayHaveChanged();
  }

  /** Tells views, tabs and pages, which try again if they could not use the connection before. */
  private connectionMayHaveChanged(): void {
    this.lakeChanged.fire();
    this.connectionChanged.fire();
  }

  /** Stores a connection with its secrets, replacing the previous one, which stays if the settings cannot be written. */
  keep(
    settings: ConnectionSettings,
    secrets: Readonly<Partial<Record<SecretName, string | undefined>>>,
  ): Promise<void> {
    return this.change(async () => {
      const { host, port, username, hostKey, lakeUrl: url, saltKeyVaultUrl } = settings;
      const targets = targetsOf({ sftp: { host, port, username, hostKey }, lake: { url }, saltKeyVaultUrl });
      const before = await this.secrets.readBound();
      await this.secrets.write(secrets, targets);
      try {
        await writeConnection(settings);
      } catch (error) {
        // VS Code cannot write settings into an invalid file. The old connection keeps its password and salt.
        await this.secrets.restore(before);
        throw error;
      }
    });
  }

  /**
   * Removes the user's own connection and its secrets from this machine: both or neither if possible, because the salt may
   * exist nowhere else, and secrets without a connection could not be removed any more.
   */
  remove(): Promise<void> {
    return this.change(async () => {
      const restore = await removeConnectionSettings();
      try {
        await this.secrets.forgetAll();
      } catch (error) {
        // The first failure says what to do; restoring may fail for the same reason.
        await restore().catch(() => undefined);
        throw error;
      }
    });
  }

  /** Resolves when no connection is being written. */
  get written(): Promise<void> {
    return this.changing;
  }

  /** Makes callers of `connected` wait until `write` has finished. */
  private async change(write: () => Promise<void>): Promise<void> {
    const written = this.changing.then(write);
    this.changing = written.catch(() => undefined);
    await written;
  }

  /** Reads the server again; the views keep their content until the answer arrives. */
  async refresh(): Promise<void> {
    if (!isConnected()) {
      this.reset();
      return;
    }
    this.allowLoading();
    this.loading?.abort.abort();
    const abort = new AbortController();
    const done = this.load(abort.signal);
    this.loading = { abort, done };
    await done;
  }

  /** Resolves when the reports are known; lists the server if that has not been done yet. Rejects if that failed. */
  async loaded(): Promise<void> {
    if (this.current === "unknown") await this.refresh();
    // A listing that was ended by a newer one has no answer.
    let awaited: typeof this.loading;
    do {
      awaited = this.loading;
      await awaited?.done;
    } while (this.loading !== awaited);
  }

  /**
   * Like `loaded`, for an action by the user, which retries a failed listing. After a change of the connection, this
   * waits for the listing that the change has started.
   */
  loadedOrRetried(): Promise<void> {
    return this.current === "failed" ? this.refresh() : this.loaded();
  }

  /** Like `loadedOrRetried`, with a notification. The user can end the wait. */
  async loadedOnRequest(): Promise<void> {
    if (this.current === "loaded" || this.current === "empty") return;
    await withProgress(vscode.l10n.t("Clever: checking the server"), (_progress, signal) => {
      const cancelled = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new vscode.CancellationError()));
      });
      return Promise.race([this.loadedOrRetried(), cancelled]);
    });
  }

  /** A run may have changed the lake. */
  lakeMayHaveChanged(): void {
    this.lakeChanged.fire();
  }

  /** Shows why the server cannot be used. Stale reports are better than none; the views show their age. */
  fail(error: unknown): void {
    this.loading?.abort.abort();
    const reason = describeError(error);
    // An automatic check would fail again: log the reason once.
    if (this.failure === undefined || describeError(this.failure) !== reason) this.log.error(reason);
    this.failure = error;
    this.set("failed");
  }

  private async load(signal: AbortSignal): Promise<void> {
    const items: ReportItem[] = [];
    this.set("loading");
    try {
      const lakeFacts = await this.client.request(engine.listReports, await this.connected(), {
        signal,
        onProgress: (more) => items.push(...more),
      });
      if (signal.aborted) return;
      const hasOtherRuns = this.listedAt !== undefined && landingsOf(items) !== landingsOf(this.items);
      const hasRecovered = this.failure !== undefined;
      this.items = items;
      this.lakeFacts = lakeFacts;
      this.listedAt = Date.now();
      this.failure = undefined;
      this.set(items.length === 0 ? "empty" : "loaded");
      // Runs of another window or of a schedule, for example. After a failure, the views of the lake may have failed too.
      if (hasOtherRuns || hasRecovered) this.lakeChanged.fire();
    } catch (error) {
      if (signal.aborted) return;
      this.fail(error);
      throw error;
    }
  }

  /** Starts to read the server again. A failure becomes the state `failed`, which the views show. */
  refreshQuietly(): void {
    if (!this.mayLoad) return;
    this.refresh().catch(() => undefined);
  }

  private loadAgain(): void {
    this.connectionMayHaveChanged();
    // A listing in progress continues with what was allowed.
    if (this.current !== "loading") this.refreshQuietly();
  }

  /**
   * Drops what is known about the connection. Views are closed or refreshed; the badge and the status bar do not
   * refresh themselves.
   */
  private reset(): void {
    const wasKnown = this.isKnown;
    this.loading?.abort.abort();
    this.items = [];
    this.lakeFacts = unknownLake;
    this.listedAt = undefined;
    this.failure = undefined;
    this.set("unknown");
    this.connectionMayHaveChanged();
    if (wasKnown) this.refreshQuietly();
  }

  private set(state: ReportsState): void {
    this.current = state;
    this.setContext();
    this.changed.fire();
  }

  private setContext(): void {
    void vscode.commands.executeCommand("setContext", "clever.connected", isConnected());
    void vscode.commands.executeCommand("setContext", "clever.sample", usesSample());
    void vscode.commands.executeCommand("setContext", "clever.reportsState", this.current);
    void vscode.commands.executeCommand("setContext", "clever.needsAdoption", this.lakeFacts.needsAdoption);
  }
}
