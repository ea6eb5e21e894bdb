import type { MessageConnection } from "vscode-jsonrpc/node";
import { writeAssets } from "../../assets/writeAssets";
import { CleverLakeError } from "../../basics/errors";
import { updateActivityWithoutRun } from "../../pipeline/activity/digitalActivity";
import { adoptLake } from "../../pipeline/adopt/adoptLake";
import { landedFiles } from "../../pipeline/catalogue/lakeContents";
import { updateGroupsWithoutRun } from "../../pipeline/groups/updateGroups";
import { dismissQuarantined } from "../../pipeline/plan/dismiss";
import { repairLake } from "../../pipeline/repair/repair";
import { optimizeLake } from "../../pipeline/upkeep/optimizeLake";
import { vacuumLake } from "../../pipeline/upkeep/vacuumLake";
import { scriptsOfProgram } from "../../spark/scripts";
import * as protocol from "../messages/protocol";
import { errorOrigin } from "../messages/wireError";
import { openConnected, openLake, Sources, sourceOf } from "./connections";
import { Dashboards } from "./dashboard";
import { type Handler, Handlers } from "./handlers";
import * as contents from "./lakeContents";
import { Lane } from "./lane";
import { Previews } from "./previews";
import * as reports from "./reports";
import { importRoster } from "./roster";
import * as runs from "./runs";
import { Sample } from "./sample";
import { useTokenConnection } from "./tokens";

/** The engine behind one connection: answers the requests of `protocol.ts`, which also says what each rejects with. */
export class EngineServer implements AsyncDisposable {
  private readonly handlers: Handlers;
  private readonly sources = new Sources();
  private readonly previews = new Previews(this.sources);
  private readonly sample = new Sample();
  private readonly dashboards = new Dashboards((message) => this.handlers.log({ level: "warning", message }));
  /**
   * work: runs and verification; list: the reports, which waits for the server; read: reading the lake; sample:
   * starting the sample.
   */
  private readonly lanes = { work: new Lane(), list: new Lane(), read: new Lane(), sample: new Lane() };

  constructor(connection: MessageConnection) {
    this.handlers = new Handlers(connection);
    useTokenConnection(connection);
    this.answerServer();
    this.answerRuns();
    this.answerUpkeep();
    this.answerReads();
    this.answerPreviews();
    this.answerLifecycle();
  }

  /** Logs an error outside of any request, without any text that may contain a value. */
  logFault(error: unknown): void {
    this.handlers.log({ level: "error", message: errorOrigin(error) });
  }

  /** Cancels work in progress, waits for it and releases everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Answers a call after everything before it in the lane has ended. */
  private inLane<Params, Result, Progress>(
    lane: keyof typeof this.lanes,
    call: protocol.EngineCall<Params, Result, Progress>,
    handler: Handler<Params, Result, Progress>,
    options?: { readonly everyReport: boolean },
  ): void {
    const queued: typeof handler = (params, signal, onProgress) =>
      this.lanes[lane].run(signal, () => handler(params, signal, onProgress));
    this.handlers.on(call, queued, options);
  }

  /** Answers with work that may change the tables of the dashboard. */
  private change<Params, Result, Progress>(
    call: protocol.EngineCall<Params, Result, Progress>,
    handler: Handler<Params, Result, Progress>,
  ): void {
    this.inLane("work", call, (...request) => handler(...request).finally(() => this.dashboards.recheck()));
  }

  private answerServer(): void {
    const { handlers, sources, sample } = this;
    handlers.on(protocol.fetchHostKey, async ({ host, port, timeoutSeconds }, signal) => {
      const { fetchHostKey } = await import("../../sftp/connection/hostKey");
      return { hostKey: await fetchHostKey(host, port, signal, timeoutSeconds) };
    });
    handlers.on(protocol.testConnection, (params, signal) => reports.testConnection(params, sources, signal));
    handlers.on(protocol.testLogin, async (params, signal) => {
      await using source = await sourceOf(params);
      await source.login(signal);
      return {};
    });
    handlers.on(protocol.testLake, reports.testLake);
    this.inLane(
      "list",
      protocol.listReports,
      (params, ...context) => reports.listReports(params, sources, ...context),
      { everyReport: true },
    );
    this.inLane("sample", protocol.startSample, (params, signal) => sample.start(params, signal));
  }

  private answerRuns(): void {
    const { sources } = this;
    this.change(protocol.run, (params, ...context) => runs.run(params, sources, ...context));
    this.change(protocol.importRoster, (params, ...context) => importRoster(params, sources, ...context));
    this.inLane("work", protocol.verify, runs.verify);
    this.inLane("work", protocol.dismiss, async ({ files, ...connected }, signal) => {
      const lake = await openLake(connected);
      return { dismissed: await dismissQuarantined({ lake, files, signal }) };
    });
  }

  private answerUpkeep(): void {
    const { handlers, dashboards } = this;
    this.change(protocol.adopt, async ({ dryRun, ...connected }, signal, onProgress) => {
      const { settings, lake, salt } = await openConnected(connected, signal);
      return adoptLake({ lake, salt, dryRun, maxShrink: settings.maxShrink, signal, onProgress });
    });
    this.change(protocol.optimize, async ({ dryRun, ...connected }, signal, onProgress) =>
      optimizeLake({ lake: await openLake(connected), dryRun, signal, onProgress }),
    );
    this.change(protocol.repair, async ({ dryRun, ...connected }, signal, onProgress) => {
      const { lake, salt } = await openConnected(connected, signal);
      if (salt === undefined) {
        throw new CleverLakeError("config", "There is no salt to pseudonymize with; nothing was done.", {
          hint: "Enter the salt with Change Salt or Credentials.",
        });
      }
      return repairLake({ lake, salt, dryRun, signal, onProgress });
    });
    this.inLane("work", protocol.vacuum, async (params, signal, onProgress) => {
      const { dryRun, olderThanDays } = params;
      return vacuumLake({ lake: await openLake(params), dryRun, olderThanDays, signal, onProgress });
    });
    this.inLane("work", protocol.updateActivity, async (params, signal) =>
      updateActivityWithoutRun(await openLake(params), signal),
    );
    this.inLane("work", protocol.updateGroups, async (params, signal) => {
      const divide = () => dashboards.division(params, signal);
      const { written, division } = await updateGroupsWithoutRun(await openLake(params), divide, signal);
      return { written, groups: new Set(division.cohorts.map(({ group }) => group)).size };
    });
    handlers.on(protocol.createAssets, (params, signal) =>
      writeAssets({ ...params, scripts: scriptsOfProgram(), signal }),
    );
  }

  private answerReads(): void {
    const { handlers, dashboards } = this;
    handlers.on(protocol.dashboard, (...request) => dashboards.answer(...request));
    handlers.on(protocol.listRuns, runs.listRuns);
    this.inLane("read", protocol.readRun, runs.readRun);
    this.inLane("read", protocol.lakeContents, contents.lakeContents);
    this.inLane("read", protocol.tableReport, contents.tableReport);
    handlers.on(protocol.landedFiles, async ({ folder, ...connected }, signal) => ({
      files: await landedFiles(await openLake(connected), folder, signal),
    }));
  }

  private answerPreviews(): void {
    const { handlers, previews } = this;
    handlers.on(protocol.previewReport, (params, signal) => previews.openReport(params, signal));
    handlers.on(protocol.previewMore, (params, signal) => previews.more(params, signal));
    handlers.on(protocol.previewRows, async (params) => previews.rows(params));
    handlers.on(protocol.revealPreview, (params, signal) => previews.reveal(params, signal));
    handlers.on(protocol.closePreview, async ({ token }) => {
      previews.close(token);
      return {};
    });
  }

  private answerLifecycle(): void {
    const { handlers, sources } = this;
    handlers.on(protocol.forget, () => sources.forget().then(() => ({})));
    handlers.on(protocol.shutdown, (_params, signal) => this.close(signal).then(() => ({})));
  }

  private async close(except?: AbortSignal): Promise<void> {
    await this.handlers.cancelAll(except);
    this.previews.closeAll();
    await Promise.all([
      this.sources[Symbol.asyncDispose](),
      this.sample.stop(),
      this.dashboards[Symbol.asyncDispose](),
    ]);
  }
}
