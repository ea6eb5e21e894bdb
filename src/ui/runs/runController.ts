import * as vscode from "vscode";
import { doneShare } from "../../basics/doneShare";
import { describeError, isCleverLakeError, isRefusal } from "../../basics/errors";
import type { Connected, RunParams, RunProgress, RunSummary } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { Disposable } from "../dispose";
import { isCancellation, notify, notifyError, type Offer, offers, requireSalt } from "../messages";
import type { Parts } from "../parts";
import { counted, forCount } from "../texts/counts";
import { bytes, duration, integer } from "../texts/format";
import { inVsCode } from "../texts/hints";
import { reasonWithPosition } from "../trees/reportState";
import { showErrorMessage, showInformationMessage, showWarningMessage } from "../window";
import { type WithProgress, withWork } from "../withWork";
import { outcomeOf, type RunOutcome } from "./runOutcome";

export type RunRequest = Pick<RunParams, "command"> & Partial<Pick<RunParams, "only" | "accept">>;

/** A run to repeat, and the URL of the lake that it was for; undefined if it ended before it had one. */
interface RepeatedRun {
  readonly request: RunRequest;
  readonly lake?: string;
}

/** Performs runs, one at a time, and shows their progress. */
export class RunController extends Disposable {
  private readonly changed = this.hold(new vscode.EventEmitter<void>());
  /** A run started, progressed or ended. */
  readonly onDidChange = this.changed.event;
  private readonly began = this.hold(new vscode.EventEmitter<void>());
  /** A run has work to do, and its record is in the lake. */
  readonly onDidBegin = this.began.event;
  private text: string | undefined;
  private abort: AbortController | undefined;
  /** The text of the last run's outcome. */
  private outcome: string | undefined;

  constructor(
    private readonly parts: Parts,
    private readonly openRun: (runId: string) => Promise<void>,
    /** Opens the preview of a report, by its path on the server. */
    private readonly openReport: (path: string) => Promise<void>,
    /**
     * Called as part of a successful run, with its connection and the location of its progress; `show` shows what it
     * does. Resolves to the error of a step that failed, which does not fail the run.
     */
    private readonly afterRun: (
      request: RunRequest,
      connected: Connected,
      signal: AbortSignal,
      location: vscode.ProgressLocation,
      show: (text: string) => void,
    ) => Promise<unknown>,
  ) {
    super();
    this.hold(new vscode.Disposable(() => this.cancel()));
    // The window remembers it, but the run of an extension host that ended is over.
    this.setContext();
  }

  /** The run's progress in a few words; undefined if none is running. */
  get running(): string | undefined {
    return this.text;
  }

  /** Cancels the run; completed work is kept. */
  cancel(): void {
    if (this.abort === undefined) return;
    this.abort.abort(new vscode.CancellationError());
    this.show(vscode.l10n.t("Clever: stopping"));
  }

  /**
   * Runs and reports the outcome. A run that the user did not request is only reported if it did something, or if it
   * failed in another way than the run before it. Resolves to the summary; undefined if there is none.
   *
   * @param options the connection to run with, by default that of the settings
   */
  async run(
    request: RunRequest,
    options: { readonly isRequested?: boolean; readonly connected?: Connected } = {},
  ): Promise<RunSummary | undefined> {
    const { isRequested = true } = options;
    if (this.abort) {
      if (isRequested) this.notifyAlreadyRunning();
      return undefined;
    }
    const abort = new AbortController();
    this.abort = abort;
    this.show(vscode.l10n.t("Starting …"));
    let failure: unknown;
    let again: RepeatedRun = { request };
    let isSameConnection = true;
    const watch = this.parts.model.onDidChangeConnection(() => {
      isSameConnection = false;
    });
    try {
      const connected = options.connected ?? (await this.parts.model.connected());
      again = { request, lake: connected.connection.lake.url };
      if (request.command !== "ingest") requireSalt(connected);
      const { seen, lake } = this.parts.model;
      const isKnown = seen !== undefined && !lake.isNew;
      const params: RunParams = { ...connected, isKnown, ...request };
      const location = isRequested ? vscode.ProgressLocation.Notification : vscode.ProgressLocation.Window;
      const summary = await this.withProgress(params, abort, location);
      const show = (text: string) => this.show(text);
      const problem = await this.afterRun(request, connected, abort.signal, location, show);
      this.logSummary(summary);
      const outcome = outcomeOf(summary, request.accept ?? []);
      const isNew = this.isNew([outcome.text, ...(problem ? [describeError(problem)] : [])].join("\n"));
      if (problem && (isRequested || isNew)) notifyError(problem, this.parts.log);
      const didSomething = summary.landed > 0 || summary.anonymized > 0;
      if (isRequested || didSomething || (isNew && summary.failed.length > 0))
        this.notifyOutcome(outcome, summary, again);
      return summary;
    } catch (error) {
      failure = error;
      if (isCancellation(error)) this.notifyStopped(again);
      // The other run, in another window that checks for new reports or on the command line, does the same work.
      else if (!isRequested && isCleverLakeError(error, "busy")) this.parts.log.info(describeError(error));
      else if (this.isNew(describeError(error)) || isRequested) {
        notifyError(error, this.parts.log, this.offer(vscode.l10n.t("Retry"), again));
      } else this.parts.log.error(describeError(error));
      return undefined;
    } finally {
      watch.dispose();
      this.abort = undefined;
      this.show(undefined);
      this.parts.model.lakeMayHaveChanged();
      // The run's outcome was already reported. If the server has become unreachable, the view shows this.
      if (isRefusal(failure) && isSameConnection) this.parts.model.fail(failure);
      else this.parts.model.refresh().catch(() => undefined);
    }
  }

  /** Reports that a command is not possible during a run. */
  notifyAlreadyRunning(): void {
    const stop: Offer = { title: vscode.l10n.t("Stop the Run"), act: () => this.cancel() };
    notify(showInformationMessage, vscode.l10n.t("A run is already in progress."), stop);
  }

  /** Whether a run's outcome differs from that of the run before it. */
  private isNew(outcome: string): boolean {
    const isNew = outcome !== this.outcome;
    this.outcome = outcome;
    return isNew;
  }

  private withProgress(
    params: RunParams,
    abort: AbortController,
    location: vscode.ProgressLocation,
  ): Thenable<RunSummary> {
    const title =
      params.command === "ingest"
        ? vscode.l10n.t("Clever: ingesting")
        : params.command === "anonymize"
          ? vscode.l10n.t("Clever: anonymizing")
          : vscode.l10n.t("Clever: running the pipeline");
    const work: WithProgress<RunSummary> = (progress, signal) => {
      signal.addEventListener("abort", () => this.cancel(), { once: true });
      const message = vscode.l10n.t("stopping …");
      abort.signal.addEventListener("abort", () => progress.report({ message }), { once: true });
      const started = Date.now();
      let shown = 0;
      let phase: RunProgress["phase"] = "listing";
      return this.parts.client.request(engine.run, params, {
        signal: abort.signal,
        onProgress: (state) => {
          if (phase === "listing" && state.phase === "working") this.began.fire();
          phase = state.phase;
          // A commit that has begun is completed: its files would be counted as if the run went on.
          if (abort.signal.aborted) return;
          const share = doneShare(state);
          const message = progressText(state, Date.now() - started);
          progress.report({ message, increment: Math.max(0, share - shown) });
          shown = Math.max(shown, share);
          this.show(shortText(state));
        },
      });
    };
    return withWork(title, work, () => this.show(vscode.l10n.t("Clever: waiting")), location);
  }

  private notifyOutcome(
    { severity, text, quarantined }: RunOutcome,
    summary: RunSummary,
    again: RepeatedRun,
  ): void {
    const open: Offer = { title: vscode.l10n.t("Open Run Report"), act: () => this.openRun(summary.runId) };
    const retry = this.offer(vscode.l10n.t("Retry"), again);
    const file = quarantined && {
      title: vscode.l10n.t("Open File"),
      act: () => this.openReport(quarantined),
    };
    const isNothing = summary.landed === 0 && summary.anonymized === 0;
    const isOnlyLanded = again.request.command === "ingest" && summary.landed > 0;
    const choices = [
      ...(file ? [file] : []),
      ...(severity === "error" ? [retry] : []),
      ...(severity === "information" && summary.anonymized > 0 ? [offers.dashboard()] : []),
      ...(severity === "information" && isOnlyLanded ? [offers.anonymize()] : []),
      ...(summary.changedByOthers.length > 0 ? [offers.repair()] : []),
      ...(severity === "warning" && !file && summary.changedByOthers.length === 0 ? [offers.reports()] : []),
      ...(severity === "information" && isNothing ? [] : [open]),
    ];
    const show = {
      error: showErrorMessage,
      warning: showWarningMessage,
      information: showInformationMessage,
    }[severity];
    notify(show, text, ...choices);
  }

  private logSummary(summary: RunSummary): void {
    const { runId, landed, anonymized, rows, quarantined, failed, milliseconds } = summary;
    const allRows = Object.values(rows).reduce((sum, count) => sum + count, 0);
    this.parts.log.info(
      `Run ${runId}: ${landed} landed, ${anonymized} anonymized, ${allRows} rows, ${quarantined.length} quarantined, ${failed.length} failed, ${milliseconds} ms`,
    );
    for (const each of quarantined)
      this.parts.log.warn(`Quarantined: ${each.path}: ${reasonWithPosition(each)}`);
    for (const each of failed) this.parts.log.error(`Failed: ${each.path}: ${inVsCode(each.reason)}`);
    for (const each of summary.notRead) this.parts.log.warn(`Not read: ${each.path}: ${each.reason}`);
    for (const each of summary.changedByOthers)
      this.parts.log.warn(`Changed by others: ${each.table}: ${inVsCode(each.problem)}`);
    for (const each of summary.overdue)
      this.parts.log.warn(`Overdue: ${each.report}, ${each.userType}: ${each.newestDay}`);
  }

  private notifyStopped(again: RepeatedRun): void {
    notify(
      showInformationMessage,
      vscode.l10n.t("Stopped. Completed work is kept; the next run continues from there."),
      this.offer(vscode.l10n.t("Resume"), again),
    );
  }

  /** The offer of a message to run again, as a request by the user. A message can outlive its connection. */
  private offer(title: string, { request, lake }: RepeatedRun): Offer {
    const act = async () => {
      this.parts.model.onUserAction(true);
      if (lake !== undefined && lake !== (await this.parts.model.connected()).connection.lake.url) {
        const text = vscode.l10n.t("That run was for another lake, so it is not repeated.");
        notify(showWarningMessage, text, offers.run());
        return;
      }
      await this.run(request);
    };
    return { title, act };
  }

  private show(text: string | undefined): void {
    const before = this.text;
    this.text = text;
    if ((before === undefined) !== (text === undefined)) this.setContext();
    this.changed.fire();
  }

  private setContext(): void {
    void vscode.commands.executeCommand("setContext", "clever.running", this.text !== undefined);
  }
}

/** `file n of m, bytes, rate, time left; rows pseudonymized`. */
function progressText(state: RunProgress, milliseconds: number): string {
  if (state.phase === "listing") return vscode.l10n.t("checking what is due …");
  if (state.phase === "merging") return vscode.l10n.t("merging small data files …");
  if (state.phase === "activity") return vscode.l10n.t("updating the Digital Engagement table …");
  const parts: string[] = [];
  if (state.filesLanded < state.files) {
    const file = Math.min(state.filesLanded + 1, state.files);
    parts.push(
      vscode.l10n.t("file {0} of {1}", integer(file), integer(state.files)),
      bytes(state.bytesLanded),
    );
    const perSecond = (1000 * state.bytesLanded) / Math.max(1, milliseconds);
    if (milliseconds > 1000 && perSecond > 0) {
      parts.push(`${bytes(perSecond)}/s`);
      const seconds = Math.ceil((state.bytes - state.bytesLanded) / perSecond);
      parts.push(vscode.l10n.t("{0} left", duration(1000 * seconds)));
    }
  }
  if (state.rows > 0) {
    parts.push(
      forCount(state.rows, vscode.l10n.t("1 row pseudonymized"), vscode.l10n.t("{0} rows pseudonymized")),
    );
  }
  if (state.engine !== null) parts.push(engineText(state.engine));
  return parts.join(", ");
}

function shortText(state: RunProgress): string {
  if (state.phase === "listing") return vscode.l10n.t("Clever: checking");
  if (state.phase === "merging") return vscode.l10n.t("Clever: merging files");
  if (state.phase === "activity") return vscode.l10n.t("Clever: updating the Digital Engagement table");
  if (state.filesLanded < state.files) {
    return vscode.l10n.t("Clever: {0} of {1}", integer(state.filesLanded + 1), integer(state.files));
  }
  return vscode.l10n.t("Clever: {0}", counted.rows(state.rows));
}

type Engine = NonNullable<RunProgress["engine"]>;

function engineText({ state, line }: Engine): string {
  return line === null ? engineStateText(state) : `${engineStateText(state)} (${line})`;
}

function engineStateText(state: Engine["state"]): string {
  const texts: Readonly<Record<Engine["state"], string>> = {
    queued: vscode.l10n.t("Spark is waiting for a machine"),
    starting: vscode.l10n.t("Spark is starting"),
    reading: vscode.l10n.t("Spark is reading"),
    checking: vscode.l10n.t("Spark is checking"),
    writing: vscode.l10n.t("Spark is writing"),
  };
  return texts[state];
}
