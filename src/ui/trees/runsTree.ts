import * as vscode from "vscode";
import { describeError, isCleverLakeError } from "../../basics/errors";
import type { RunItem } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { signsInWithVsCode } from "../connection/settings";
import { Disposable } from "../dispose";
import type { Parts } from "../parts";
import type { RunController } from "../runs/runController";
import { counted, forCount } from "../texts/counts";
import { bytes, dateTime, duration, recentTime } from "../texts/format";
import { inVsCode } from "../texts/hints";
import { countWords } from "./reportCounts";
import type { Appearance } from "./reportState";
import { coloredIcon, type FailedNode, failedItem, rowsOfLake } from "./treeItems";

export type RunNode =
  | FailedNode
  | { readonly kind: "run"; readonly run: RunItem }
  | { readonly kind: "more"; readonly left: number };

const pageSize = 50;
/** How often the lake is read until the run of another window or program has ended. */
const pollMilliseconds = 15_000;

/** Runs, newest first, one page at a time. */
export class RunsTree extends Disposable implements vscode.TreeDataProvider<RunNode> {
  private readonly changed = this.hold(new vscode.EventEmitter<void>());
  readonly onDidChangeTreeData = this.changed.event;
  private shown = pageSize;
  private nextPoll: NodeJS.Timeout | undefined;
  /** The runs that were read last, with their outcomes; empty if they could not be read. */
  private known: string | undefined;
  /**
   * Set while a lake does not answer, and once it has refused VS Code's own sign-in: it is not asked again each time that
   * the window gets the focus, as it does when the dialog of that sign-in closes.
   */
  private looking: Promise<void> | undefined;

  constructor(
    private readonly parts: Parts,
    /** This window's runs. */
    private readonly own: Pick<RunController, "running" | "onDidBegin">,
  ) {
    super();
    this.hold(
      parts.model.onDidChangeLake(() => {
        this.known = undefined;
        this.looking = undefined;
        this.changed.fire();
      }),
    );
    this.hold(own.onDidBegin(() => this.changed.fire()));
    // Another window or program may have run the pipeline while it was in use.
    let wasFocused = vscode.window.state.focused;
    this.hold(
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused && !wasFocused && parts.model.seen !== undefined) this.look();
        wasFocused = focused;
      }),
    );
    this.hold(new vscode.Disposable(() => clearTimeout(this.nextPoll)));
  }

  async getChildren(node?: RunNode): Promise<RunNode[]> {
    if (node !== undefined || !this.parts.model.mayLoad) return [];
    try {
      return await rowsOfLake(() => this.runs());
    } catch (error) {
      this.parts.log.error(describeError(error));
      return [{ kind: "failed", error }];
    }
  }

  getTreeItem(node: RunNode): vscode.TreeItem {
    if (node.kind === "failed") return failedItem(node);
    if (node.kind === "run") return runItem(node.run);
    const older = Math.min(node.left, pageSize);
    const label = forCount(older, vscode.l10n.t("Show 1 older run"), vscode.l10n.t("Show {0} older runs"));
    const item = new vscode.TreeItem(label);
    item.id = "more";
    item.iconPath = new vscode.ThemeIcon("ellipsis");
    item.command = { command: "clever.showOlderRuns", title: vscode.l10n.t("Show older runs") };
    return item;
  }

  showOlder(): void {
    this.shown += pageSize;
    this.changed.fire();
  }

  private async runs(): Promise<RunNode[]> {
    // The end of this window's run is known; another one cannot be in progress at the same time.
    const isOwn = this.own.running !== undefined;
    const count = this.shown;
    const { total, runs } = await this.list(count);
    this.known = outcomesOf(runs);
    clearTimeout(this.nextPoll);
    if (!isOwn && runs.some(isRunning)) this.lookLater();
    const nodes = runs.map((run): RunNode => ({ kind: "run", run }));
    // Runs with an unreadable record are not in the answer, and more pages would not show them.
    return total > count ? [...nodes, { kind: "more", left: total - count }] : nodes;
  }

  private async list(count = this.shown) {
    const connected = await this.parts.model.connected();
    return this.parts.client.request(engine.listRuns, { ...connected, from: 0, count });
  }

  /** Waits for the end of a run of another window or program. */
  private lookLater(): void {
    clearTimeout(this.nextPoll);
    this.nextPoll = setTimeout(() => this.look(), pollMilliseconds);
  }

  private look(): void {
    if (this.looking !== undefined) return;
    const looking = this.lookForOthers().then((mayRepeat) => {
      if (mayRepeat && this.looking === looking) this.looking = undefined;
    });
    this.looking = looking;
  }

  /**
   * Tells the views if a run of another window or program has begun or ended. Resolves to whether this may be repeated
   * unasked.
   */
  private async lookForOthers(): Promise<boolean> {
    const { model } = this.parts;
    if (this.disposed || this.own.running !== undefined || !model.mayLoad) return true;
    const before = this.known;
    /** The views have been updated in the meantime, or are those of another lake. */
    const isOutdated = () => this.disposed || this.own.running !== undefined || this.known !== before;
    try {
      const { runs } = await this.list();
      if (isOutdated()) return true;
      this.known = outcomesOf(runs);
      // Nothing is shown that could be outdated if no runs were read before.
      if (before !== undefined && before !== this.known) {
        model.lakeMayHaveChanged();
        model.refreshQuietly();
      } else if (runs.some(isRunning)) this.lookLater();
      return true;
    } catch (error) {
      if (isOutdated()) return true;
      this.known = "";
      // The view says why.
      if (before !== "") this.changed.fire();
      return !isCleverLakeError(error, "auth") || !signsInWithVsCode();
    }
  }
}

function outcomesOf(runs: readonly RunItem[]): string {
  return JSON.stringify(runs.map(({ runId, outcome }) => [runId, outcome]));
}

function isRunning({ outcome }: RunItem): boolean {
  return outcome === "running";
}

/** How each outcome of a run is displayed. */
function outcomes(): Readonly<Record<RunItem["outcome"], Appearance>> {
  return {
    done: { word: vscode.l10n.t("done"), icon: "pass-filled", color: "charts.green" },
    incomplete: { word: vscode.l10n.t("incomplete"), icon: "warning", color: "charts.yellow" },
    cancelled: { word: vscode.l10n.t("stopped"), icon: "debug-stop", color: "disabledForeground" },
    failed: { word: vscode.l10n.t("failed"), icon: "error", color: "charts.red" },
    interrupted: { word: vscode.l10n.t("interrupted"), icon: "debug-disconnect", color: "charts.yellow" },
    running: { word: vscode.l10n.t("running"), icon: "sync~spin", color: "charts.blue" },
  };
}

/** A run's outcome in one word. */
export function outcomeWord(outcome: RunItem["outcome"]): string {
  return outcomes()[outcome].word;
}

function runItem(run: RunItem): vscode.TreeItem {
  const item = new vscode.TreeItem(recentTime(run.started));
  const { word, icon, color } = outcomes()[run.outcome];
  item.id = `run:${run.runId}`;
  item.iconPath = coloredIcon(icon, color);
  item.description = [word, ...countTexts(run)].join(" · ");
  item.tooltip = run.error === undefined ? item.description : inVsCode(run.error);
  const retry = run.outcome !== "done" && run.outcome !== "running";
  item.contextValue = retry ? "run.failed" : "run.done";
  item.accessibilityInformation = { label: `${dateTime(run.started)}, ${item.description}` };
  item.command = {
    command: "clever.openRun",
    title: vscode.l10n.t("Open Run Report"),
    arguments: [{ kind: "run", run }],
  };
  return item;
}

function countTexts({ counts }: RunItem): string[] {
  if (counts === undefined) return [];
  // Problems come first: a narrow view truncates the end.
  const words = [];
  const { quarantined, failed } = countWords();
  if (counts.quarantined > 0) words.push(forCount(counts.quarantined, ...quarantined));
  if (counts.failed > 0) words.push(forCount(counts.failed, ...failed));
  if (counts.landed > 0) words.push(`${counted.files(counts.landed)} (${bytes(counts.bytes)})`);
  if (counts.rows > 0) words.push(counted.rows(counts.rows));
  return [...words, duration(counts.milliseconds)];
}
