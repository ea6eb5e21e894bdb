import * as vscode from "vscode";
import type { EngineClient } from "../engine/client";
import type { Connected, ReportItem } from "../engine/messages";
import * as engine from "../engine/protocol";
import { CleverLakeError } from "../errors";
import { Disposable } from "./dispose";
import { countsOf, type ReportCounts } from "./reportCounts";
import type { SecretStore } from "./secrets";
import { isConnected, proxySettingNames, readSettings, section, withProxy } from "./settings";

/** How the last look at the server went. */
export type ReportsState = "unknown" | "loading" | "loaded" | "empty" | "failed";

/**
 * What the views show of the connection: the reports on the server and how each stands to the lake. There is one; the
 * views listen to it.
 */
export class ConnectionModel extends Disposable {
  private readonly changed = this.hold(new vscode.EventEmitter<void>());
  /** The reports, or what is known of them, changed. */
  readonly onDidChange = this.changed.event;
  private readonly lakeChanged = this.hold(new vscode.EventEmitter<void>());
  /** The lake or its runs may have changed. */
  readonly onDidChangeLake = this.lakeChanged.event;

  private items: readonly ReportItem[] = [];
  private current: ReportsState = "unknown";
  private failure: unknown;
  private lookedAt: number | undefined;
  /** Whether the user asked for a look at the server in this window. */
  private asked = false;
  private loading: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(
    private readonly client: EngineClient,
    private readonly secrets: SecretStore,
  ) {
    super();
    this.hold(
      vscode.workspace.onDidChangeConfiguration((event) => {
        const ofConnection = [`${section}.sftp`, `${section}.lake`, ...proxySettingNames];
        if (ofConnection.some((name) => event.affectsConfiguration(name))) this.reset();
        else if (event.affectsConfiguration(`${section}.userTypes`)) this.refreshQuietly();
      }),
    );
    this.hold(secrets.onDidChange(() => this.reset()));
    this.hold(new vscode.Disposable(() => this.loading?.abort.abort()));
    this.setContext();
  }

  get reports(): readonly ReportItem[] {
    return this.items;
  }

  get state(): ReportsState {
    return this.current;
  }

  /** Why the last look failed. */
  get error(): unknown {
    return this.failure;
  }

  /** When the reports were seen on the server, in milliseconds since 1970; undefined before the first look. */
  get seen(): number | undefined {
    return this.lookedAt;
  }

  /** Reports that a run would bring over. */
  get newCount(): number {
    return this.items.filter(({ state }) => state === "new" || state === "changed").length;
  }

  /** How many reports ask for something, for badge and status bar. */
  get counts(): ReportCounts {
    return countsOf(this.items);
  }

  /** Whether the views may look at server and lake by themselves: in Restricted Mode only once the user has asked. */
  get mayLook(): boolean {
    return isConnected() && (vscode.workspace.isTrusted || this.asked);
  }

  /** Settings and secrets for a request, read at the moment of use. */
  async connected(): Promise<Connected> {
    if (!isConnected()) {
      throw new CleverLakeError("config", vscode.l10n.t("There is no connection yet."));
    }
    const { sftp, lake, userTypes, saltKeyVaultUrl } = await readSettings();
    const salt = saltKeyVaultUrl === undefined ? {} : { saltKeyVaultUrl };
    const connection = withProxy({ sftp, lake, userTypes, ...salt });
    return { connection, secrets: await this.secrets.read() };
  }

  /** Looks at the server anew; the views keep what they show until the answer is there. */
  async refresh(): Promise<void> {
    if (!isConnected()) {
      this.reset();
      return;
    }
    this.asked = true;
    this.loading?.abort.abort();
    const abort = new AbortController();
    const done = this.load(abort.signal);
    this.loading = { abort, done };
    await done;
  }

  /** Resolves when the reports are known, looking at the server if that was not done yet. */
  async loaded(): Promise<void> {
    if (this.current === "unknown") await this.refresh();
    else await this.loading?.done;
  }

  /** A run may have changed the lake. */
  lakeMayHaveChanged(): void {
    this.lakeChanged.fire();
  }

  private async load(signal: AbortSignal): Promise<void> {
    const found: ReportItem[] = [];
    this.set("loading");
    try {
      await this.client.request(engine.listReports, await this.connected(), {
        signal,
        onProgress: (items) => found.push(...items),
      });
      if (signal.aborted) return;
      this.items = found;
      this.lookedAt = Date.now();
      this.failure = undefined;
      this.set(found.length === 0 ? "empty" : "loaded");
    } catch (error) {
      if (signal.aborted) return;
      // What was seen last is still more than nothing; the views say of when it is.
      this.failure = error;
      this.set("failed");
      throw error;
    }
  }

  private refreshQuietly(): void {
    if (!this.mayLook) return;
    // Whatever goes wrong is the state `failed`, which the views show.
    this.refresh().catch(() => undefined);
  }

  private reset(): void {
    this.loading?.abort.abort();
    this.items = [];
    this.lookedAt = undefined;
    this.failure = undefined;
    this.set("unknown");
    this.lakeChanged.fire();
  }

  private set(state: ReportsState): void {
    this.current = state;
    this.setContext();
    this.changed.fire();
  }

  private setContext(): void {
    void vscode.commands.executeCommand("setContext", "clever.connected", isConnected());
    void vscode.commands.executeCommand("setContext", "clever.reportsState", this.current);
  }
}
