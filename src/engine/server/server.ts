import type { MessageConnection } from "vscode-jsonrpc/node";
import * as protocol from "../messages/protocol";
import { errorOrigin } from "../messages/wireError";
import { Sources, sourceOf } from "./connections";
import { Dashboards } from "./dashboard";
import { type Handler, Handlers } from "./handlers";
import { Lane } from "./lane";
import { Previews } from "./previews";
import { Sample } from "./sample";
import { useTokenConnection } from "./tokens";

/**
 * Handlers that need much code are loaded with the first request for them: the process starts with little, so that the
 * dashboard's first answer comes soon.
 */
const contents = () => import("./lakeContents");
const reports = () => import("./reports");
const rosters = () => import("./roster");
const runs = () => import("./runs");
const upkeep = () => import("./upkeep");

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
    this.answerCalls();
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

  /** Says which function answers each call, and in which lane. */
  private answerCalls(): void {
    const { handlers, sources, sample, dashboards, previews } = this;

    handlers.on(protocol.fetchHostKey, async ({ host, port, timeoutSeconds }, signal) => {
      const { fetchHostKey } = await import("../../sftp/connection/hostKey");
      return { hostKey: await fetchHostKey(host, port, signal, timeoutSeconds) };
    });
    handlers.on(protocol.testConnection, async (params, signal) =>
      (await reports()).testConnection(params, sources, signal),
    );
    handlers.on(protocol.testLogin, async (params, signal) => {
      await using source = await sourceOf(params);
      await source.login(signal);
      return {};
    });
    handlers.on(protocol.testLake, async (params, signal) => (await reports()).testLake(params, signal));
    this.inLane(
      "list",
      protocol.listReports,
      async (params, ...context) => (await reports()).listReports(params, sources, ...context),
      { everyReport: true },
    );
    this.inLane("sample", protocol.startSample, (params, signal) => sample.start(params, signal));

    this.change(protocol.run, async (params, ...context) => (await runs()).run(params, sources, ...context));
    this.change(protocol.importRoster, async (params, ...context) =>
      (await rosters()).importRoster(params, sources, ...context),
    );
    this.inLane("work", protocol.verify, async (...request) => (await runs()).verify(...request));
    this.inLane("work", protocol.dismiss, async (...request) => (await upkeep()).dismiss(...request));

    this.change(protocol.adopt, async (...request) => (await upkeep()).adopt(...request));
    this.change(protocol.optimize, async (...request) => (await upkeep()).optimize(...request));
    this.change(protocol.repair, async (...request) => (await upkeep()).repair(...request));
    this.inLane("work", protocol.vacuum, async (...request) => (await upkeep()).vacuum(...request));
    this.inLane("work", protocol.updateActivity, async (...request) =>
      (await upkeep()).updateActivity(...request),
    );
    this.inLane("work", protocol.updateGroups, async (params, signal) =>
      (await upkeep()).updateGroups(params, () => dashboards.division(params, signal), signal),
    );
    handlers.on(protocol.createAssets, async (...request) => (await upkeep()).createAssets(...request));

    handlers.on(protocol.dashboard, (...request) => dashboards.answer(...request));
    handlers.on(protocol.listRuns, async (...request) => (await runs()).listRuns(...request));
    this.inLane("read", protocol.readRun, async (...request) => (await runs()).readRun(...request));
    this.inLane("read", protocol.lakeContents, async (...request) =>
      (await contents()).lakeContents(...request),
    );
    this.inLane("read", protocol.tableReport, async (...request) =>
      (await contents()).tableReport(...request),
    );
    handlers.on(protocol.landedFiles, async (...request) => (await contents()).landedFiles(...request));

    handlers.on(protocol.previewReport, (params, signal) => previews.openReport(params, signal));
    handlers.on(protocol.previewMore, (params, signal) => previews.more(params, signal));
    handlers.on(protocol.previewRows, async (params) => previews.rows(params));
    handlers.on(protocol.revealPreview, (params, signal) => previews.reveal(params, signal));
    handlers.on(protocol.closePreview, async ({ token }) => {
      previews.close(token);
      return {};
    });

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
