import { type CancellationToken, type MessageConnection, ProgressType } from "vscode-jsonrpc/node";
import { CleverLakeError } from "../../basics/errors";
import type { LogMessage, WireError } from "../messages/messages";
import type { EngineCall, WithProgressToken } from "../messages/protocol";
import { logMessage } from "../messages/wire";
import { cancelled, errorOrigin, toResponseError } from "../messages/wireError";
import { Throttle } from "./throttle";

/**
 * Answers the requests of one call. The signal is aborted when the request is cancelled, or the engine ends. Progress
 * is sent at most ten times a second.
 */
export type Handler<Params, Result, Progress> = (
  params: Params,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
) => Promise<Result>;

/** The function that answers a call of `protocol.ts`. */
export type Answer<Call> =
  Call extends EngineCall<infer Params, infer Result, infer Progress>
    ? [Progress] extends [never]
      ? (params: Params, signal: AbortSignal, onProgress?: unknown) => Promise<Result>
      : Handler<Params, Result, Progress>
    : never;

const millisecondsBetweenProgress = 100;

/** Answers requests of one connection; turns cancellation into signals and thrown values into typed errors. */
export class Handlers {
  private readonly active = new Map<AbortController, Promise<unknown>>();

  constructor(private readonly connection: MessageConnection) {}

  /** @param options `everyReport`: all progress must arrive, because each is a part of the result */
  on<Params, Result, Progress>(
    call: EngineCall<Params, Result, Progress>,
    handler: Handler<Params, Result, Progress>,
    { everyReport = false }: { readonly everyReport?: boolean } = {},
  ): void {
    const answer = async (params: Params & WithProgressToken, token: CancellationToken) => {
      const abort = new AbortController();
      const send = (progress: Progress) => this.report(params, progress);
      const handle = async () => {
        using throttle = new Throttle(millisecondsBetweenProgress, send);
        const onProgress = everyReport ? send : (progress: Progress) => throttle.push(progress);
        // Awaited here, so that pending progress is sent before the answer.
        return await handler(params, abort.signal, onProgress);
      };
      const work = this.answer(handle, abort, token);
      this.active.set(abort, work);
      try {
        return await work;
      } finally {
        this.active.delete(abort);
      }
    };
    this.connection.onRequest<unknown, WireError>(call.method, answer);
  }

  log(message: LogMessage): void {
    this.send(() => this.connection.sendNotification(logMessage, message));
  }

  /** Cancels every request in progress; resolves when they have ended. */
  async cancelAll(except?: AbortSignal): Promise<void> {
    const others = [...this.active].filter(([{ signal }]) => signal !== except);
    for (const [abort] of others) abort.abort(new Error("The engine is shutting down."));
    await Promise.all(others.map(([, work]) => work));
  }

  private async answer<Result>(
    handler: () => Promise<Result>,
    abort: AbortController,
    token: CancellationToken,
  ) {
    const cancel = () => abort.abort(new Error("The request was cancelled."));
    if (token.isCancellationRequested) cancel();
    const listening = token.onCancellationRequested(cancel);
    try {
      abort.signal.throwIfAborted();
      return await handler();
    } catch (error) {
      if (abort.signal.aborted) return cancelled();
      if (!(error instanceof CleverLakeError)) this.log({ level: "error", message: errorOrigin(error) });
      return toResponseError(error);
    } finally {
      listening.dispose();
    }
  }

  private report({ progressToken }: WithProgressToken, progress: unknown): void {
    if (progressToken === undefined) return;
    this.send(() => this.connection.sendProgress(new ProgressType<unknown>(), progressToken, progress));
  }

  /** Ignores a closed connection: there is no one to report to. */
  private send(message: () => Promise<void>): void {
    try {
      message().catch(() => undefined);
    } catch {
      // A closed connection throws at once.
    }
  }
}
