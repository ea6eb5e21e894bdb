import { Emitter, type Event } from "vscode-jsonrpc/node";
import { CleverLakeError } from "../errors";
import {
  type EngineExit,
  EngineProcess,
  type EngineProcessOptions,
  type RequestOptions,
} from "./engineProcess";
import type { LogMessage } from "./messages";
import type { EngineCall } from "./protocol";

export type { EngineExit, EngineProcessOptions, RequestOptions } from "./engineProcess";

const deathsInARow = 2;
const rowMilliseconds = 60_000;
const millisecondsToEnd = 2_000;

/**
 * The engine as the extension host sees it. The process is started by the first request, and by the next one after it
 * died; when it dies twice within a minute, only the minute's end lets it be started again.
 */
export class EngineClient implements AsyncDisposable {
  private process: EngineProcess | undefined;
  private deaths: number[] = [];
  private disposing: Promise<void> | undefined;
  private readonly exits = new Emitter<EngineExit>();
  private readonly logs = new Emitter<LogMessage>();

  /** The process ended without having been asked to. */
  readonly onDidExit: Event<EngineExit> = this.exits.event;
  readonly onLog: Event<LogMessage> = this.logs.event;

  constructor(private readonly options: EngineProcessOptions) {}

  /** The process's id while one is running. */
  get pid(): number | undefined {
    return this.process?.pid;
  }

  /**
   * Asks the engine for something. Rejects with the engine's `CleverLakeError`, with the signal's reason once a
   * request that was called off has come to rest, or with `engine` when the process died before its answer.
   */
  async request<Params, Result, Progress>(
    call: EngineCall<Params, Result, Progress>,
    params: Params,
    options: RequestOptions<Progress> = {},
  ): Promise<Result> {
    options.signal?.throwIfAborted();
    return this.running().request(call, params, options);
  }

  /** Ends the process: gracefully within two seconds, else by force. Requests under way reject. */
  dispose(): Promise<void> {
    this.disposing ??= this.end();
    return this.disposing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private async end(): Promise<void> {
    await this.process?.end(millisecondsToEnd);
    this.exits.dispose();
    this.logs.dispose();
  }

  private running(): EngineProcess {
    if (this.disposing !== undefined) throw new CleverLakeError("engine", "The engine has been shut down.");
    if (this.process?.usable) return this.process;
    this.refuseToStartInVain();
    const started = new EngineProcess(this.options, (message) => this.logs.fire(message));
    this.process = started;
    void started.ended.then((exit) => {
      if (this.process === started) this.process = undefined;
      if (this.disposing !== undefined) return;
      this.deaths.push(Date.now());
      this.exits.fire(exit);
    });
    return started;
  }

  private refuseToStartInVain(): void {
    this.deaths = this.deaths.filter((time) => Date.now() - time < rowMilliseconds);
    if (this.deaths.length < deathsInARow) return;
    throw new CleverLakeError(
      "engine",
      "The engine's process died twice within a minute; it is left alone now.",
      {
        hint: "See the log for the reason, and try again in a minute.",
      },
    );
  }
}

/** VS Code's cancellation token, as far as it is needed here. */
export interface CancellationTokenLike {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: () => void): unknown;
}

/** A signal that is aborted when the token is cancelled. */
export function signalOf(token: CancellationTokenLike): AbortSignal {
  const abort = new AbortController();
  if (token.isCancellationRequested) abort.abort();
  else token.onCancellationRequested(() => abort.abort());
  return abort.signal;
}
