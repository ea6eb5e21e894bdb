import { CleverLakeError, type ErrorCode } from "../../basics/errors";
import type { EngineCall } from "../messages/protocol";
import type { EngineExit, EngineProcess, EngineProcessOptions, RequestOptions } from "./engineProcess";

export type { EngineExit, EngineProcessOptions, RequestOptions } from "./engineProcess";

export interface EngineClientOptions extends EngineProcessOptions {
  /** Rewords an error's hint for the calling program; by default the engine's wording is used. */
  readonly hintFor?: (code: ErrorCode, hint: string) => string;
  /** Called when the process ended unexpectedly. */
  readonly onExit?: (exit: EngineExit) => void;
}

const maximumDeaths = 2;
const deathWindowMilliseconds = 60_000;
const millisecondsToEnd = 2_000;

/**
 * The engine, as seen from the extension host. The first request starts the process; if it died, the next request
 * restarts it. If it dies twice within a minute, it can only be restarted after that minute.
 */
export class EngineClient implements AsyncDisposable {
  private process: EngineProcess | undefined;
  private deaths: number[] = [];
  private disposing: Promise<void> | undefined;

  constructor(private readonly options: EngineClientOptions) {}

  /** The id of the running process, if any. */
  get pid(): number | undefined {
    return this.process?.pid;
  }

  /**
   * Sends a request to the engine. Rejects with the engine's `CleverLakeError`, with the signal's reason once a
   * cancelled request has stopped, or with `engine` if the process died before its answer.
   */
  async request<Params, Result, Progress>(
    call: EngineCall<Params, Result, Progress>,
    params: Params,
    options: RequestOptions<Progress> = {},
  ): Promise<Result> {
    options.signal?.throwIfAborted();
    // Loaded by the first request: most windows with the active extension never send one.
    const { EngineProcess } = await import("./engineProcess");
    try {
      return await this.running(EngineProcess).request(call, params, options);
    } catch (error) {
      throw this.reworded(error);
    }
  }

  /** Ends the process: gracefully within two seconds, then by force. Pending requests reject. */
  dispose(): Promise<void> {
    this.disposing ??= Promise.resolve(this.process?.end(millisecondsToEnd));
    return this.disposing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private reworded(error: unknown): unknown {
    const { hintFor } = this.options;
    if (hintFor === undefined || !(error instanceof CleverLakeError) || error.hint === undefined)
      return error;
    return new CleverLakeError(error.code, error.message, {
      hint: hintFor(error.code, error.hint),
      cause: error,
      subject: error.subject,
    });
  }

  private running(Process: typeof EngineProcess): EngineProcess {
    if (this.disposing !== undefined) throw new CleverLakeError("engine", "The engine has been shut down.");
    if (this.process?.usable) return this.process;
    this.refuseRepeatedStart();
    const started = new Process(this.options);
    this.process = started;
    void started.ended.then((exit) => {
      if (this.process === started) this.process = undefined;
      if (this.disposing !== undefined) return;
      if (!started.isHung) this.deaths.push(Date.now());
      this.options.onExit?.(exit);
    });
    return started;
  }

  private refuseRepeatedStart(): void {
    this.deaths = this.deaths.filter((time) => Date.now() - time < deathWindowMilliseconds);
    if (this.deaths.length < maximumDeaths) return;
    throw new CleverLakeError(
      "engine",
      "The engine's process crashed twice within a minute; it is not restarted.",
      { hint: "See the log for the reason, and try again in a minute." },
    );
  }
}
