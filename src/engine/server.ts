import type { MessageConnection } from "vscode-jsonrpc/node";
import { writeAssets } from "../assets/writeAssets";
import { fetchHostKey as fetchKey } from "../sftp/hostKey";
import { scriptsOfProgram } from "../spark/scripts";
import { adopt } from "./adopt";
import { Sources } from "./connections";
import { Dashboards } from "./dashboard";
import { type CallContext, Handlers } from "./handlers";
import * as contents from "./lakeContents";
import { Lane } from "./lane";
import { Previews } from "./previews";
import * as protocol from "./protocol";
import * as reports from "./reports";
import { importRoster } from "./roster";
import * as runs from "./runs";
import { Sample } from "./sample";
import { useTokenConnection } from "./tokens";
import * as upkeep from "./upkeep";
import { errorOrigin } from "./wireError";

/** The engine behind one connection: answers the requests of `protocol.ts`. */
export class EngineServer implements AsyncDisposable {
  private readonly handlers: Handlers;
  private readonly sources = new Sources();
  private readonly previews = new Previews(this.sources);
  private readonly sample = new Sample();
  private readonly dashboards = new Dashboards((message) => this.handlers.log({ level: "warning", message }));
  /**
   * work: runs and verification; list: the reports, which waits for the server; look: reading the lake; sample:
   * starting and stopping the sample.
   */
  private readonly lanes = { work: new Lane(), list: new Lane(), look: new Lane(), sample: new Lane() };

  constructor(connection: MessageConnection) {
    this.handlers = new Handlers(connection);
    useTokenConnection(connection);
    this.answerServer();
    this.answerLake();
    this.answerPreviews();
    this.answerLife();
  }

  /** Logs an error outside of any request, without any text that may contain a value. */
  logFault(error: unknown): void {
    this.handlers.log({ level: "error", message: errorOrigin(error) });
  }

  /** Cancels work in progress, waits for it and releases everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private answerServer(): void {
    const { handlers, sources, sample, lanes } = this;
    handlers.on(protocol.fetchHostKey, async ({ host, port, timeoutSeconds }, { signal }) => ({
      hostKey: await fetchKey(host, port, signal, timeoutSeconds),
    }));
    handlers.on(protocol.testConnection, (params, { signal }) =>
      reports.testConnection(params, sources, signal),
    );
    handlers.on(protocol.testLogin, (params, { signal }) => reports.testLogin(params, signal));
    handlers.on(protocol.testLake, (params, { signal }) => reports.testLake(params, signal));
    handlers.on(
      protocol.listReports,
      (params, context) =>
        lanes.list.run(context.signal, () => reports.listReports(params, sources, context)),
      { everyReport: true },
    );
    handlers.on(protocol.startSample, (params, { signal }) =>
      lanes.sample.run(signal, () => sample.start(params, signal)),
    );
    handlers.on(protocol.stopSample, (_params, { signal }) =>
      lanes.sample.run(signal, () => sample.stop().then(() => ({}))),
    );
  }

  private answerLake(): void {
    const { handlers, sources, lanes, dashboards } = this;
    /** Answers with work that may change the tables of the dashboard. */
    const change = <Params, Result, Progress>(
      call: protocol.EngineCall<Params, Result, Progress>,
      handler: (params: Params, context: CallContext<Progress>) => Promise<Result>,
    ) =>
      handlers.on(call, (params, context) =>
        lanes.work.run(context.signal, () => handler(params, context)).finally(() => dashboards.recheck()),
      );
    handlers.on(protocol.dashboard, (params, context) => dashboards.answer(params, context));
    change(protocol.run, (params, context) => runs.run(params, sources, context));
    change(protocol.importRoster, (params, context) => importRoster(params, sources, context));
    handlers.on(protocol.dismiss, (params, { signal }) =>
      lanes.work.run(signal, () => reports.dismiss(params, signal)),
    );
    change(protocol.adopt, adopt);
    change(protocol.optimize, upkeep.optimize);
    change(protocol.repair, upkeep.repair);
    handlers.on(protocol.vacuum, (params, context) =>
      lanes.work.run(context.signal, () => upkeep.vacuum(params, context)),
    );
    handlers.on(protocol.updateActivity, (params, { signal }) =>
      lanes.work.run(signal, () => upkeep.updateActivity(params, signal)),
    );
    handlers.on(protocol.updateGroups, (params, { signal }) =>
      lanes.work.run(signal, () => upkeep.updateGroups(params, dashboards, signal)),
    );
    handlers.on(protocol.createAssets, (params, { signal }) =>
      writeAssets({ ...params, scripts: scriptsOfProgram(), signal }),
    );
    handlers.on(protocol.verify, (params, { signal }) =>
      lanes.work.run(signal, () => runs.verify(params, signal)),
    );
    handlers.on(protocol.listRuns, (params, { signal }) => runs.listRuns(params, signal));
    handlers.on(protocol.readRun, (params, { signal }) =>
      lanes.look.run(signal, () => runs.readRun(params, signal)),
    );
    handlers.on(protocol.lakeContents, (params, { signal }) =>
      lanes.look.run(signal, () => contents.lakeContents(params, signal)),
    );
    handlers.on(protocol.tableReport, (params, { signal }) =>
      lanes.look.run(signal, () => contents.tableReport(params, signal)),
    );
    handlers.on(protocol.landedFiles, (params, { signal }) => contents.landedFiles(params, signal));
  }

  private answerPreviews(): void {
    const { handlers, previews } = this;
    handlers.on(protocol.previewReport, (params, { signal }) => previews.openReport(params, signal));
    handlers.on(protocol.previewMore, (params, { signal }) => previews.more(params, signal));
    handlers.on(protocol.previewRows, (params) => Promise.resolve(previews.rows(params)));
    handlers.on(protocol.revealPreview, (params, { signal }) => previews.reveal(params, signal));
    handlers.on(protocol.previewRefused, ({ token }) => Promise.resolve(previews.refused(token)));
    handlers.on(protocol.closePreview, ({ token }) => {
      previews.close(token);
      return Promise.resolve({});
    });
  }

  private answerLife(): void {
    const { handlers, sources } = this;
    handlers.on(protocol.forget, () => sources.forget().then(() => ({})));
    handlers.on(protocol.shutdown, (_params, { signal }) => this.close(signal).then(() => ({})));
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
