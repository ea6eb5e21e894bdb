import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CancellationTokenSource,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import { CleverLakeError } from "../../basics/errors";
import type { LogMessage, TokenAnswer, TokenParams } from "../messages/messages";
import { type EngineCall, shutdown } from "../messages/protocol";
import { logMessage, progressOf, tokenRequest } from "../messages/wire";
import { fromResponseError, toResponseError } from "../messages/wireError";

export interface EngineProcessOptions {
  /** The bundled `main.ts`. */
  readonly modulePath: string;
  /** The Node executable; by default this process's own, which in VS Code is Electron running as Node. */
  readonly execPath?: string;
  /** Answers the engine's request for a token of VS Code's Microsoft account. */
  readonly token?: (params: TokenParams) => Promise<TokenAnswer>;
  readonly onLog?: (message: LogMessage) => void;
  /**
   * How long the process may leave every message unanswered after a request was cancelled, before it is ended: half a
   * minute by default.
   */
  readonly patienceMilliseconds?: number;
}

export interface RequestOptions<Progress> {
  /**
   * Cancels the request; it rejects with the signal's reason once the engine has stopped working on it, or was ended
   * because it does not answer at all.
   */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** How an engine process ended. */
export interface EngineExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The unanswered requests, as in “the engine stopped while it was …”. */
  readonly interrupted: readonly string[];
}

interface Pending {
  readonly activity: string;
  readonly signal: AbortSignal | undefined;
  readonly reject: (error: unknown) => void;
}

/** One engine process and the connection to it. */
export class EngineProcess {
  /** Resolves when the process has exited; never rejects. */
  readonly ended: Promise<EngineExit>;
  /** Whether it was ended because it answered nothing. */
  isHung = false;
  private alive = true;
  private readonly patienceMilliseconds: number;
  private readonly child: ChildProcess;
  private readonly connection: MessageConnection;
  private readonly pending = new Set<Pending>();
  private tokens = 0;

  constructor({
    modulePath,
    execPath,
    token,
    onLog = () => undefined,
    patienceMilliseconds = 30_000,
  }: EngineProcessOptions) {
    this.patienceMilliseconds = patienceMilliseconds;
    this.child = fork(modulePath, [], {
      // Debugger and other flags of this process must not apply to the engine.
      execArgv: [],
      env: environment(),
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      ...(execPath === undefined ? {} : { execPath }),
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      onLog({ level: "warning", message: text.trimEnd() });
    });
    this.connection = createMessageConnection(
      new IPCMessageReader(this.child),
      new IPCMessageWriter(this.child),
    );
    this.connection.onNotification(logMessage, onLog);
    if (token) this.connection.onRequest(tokenRequest, (params) => token(params).catch(toResponseError));
    // Caused by a write to a process that is ending; `ended` reports the outcome.
    this.connection.onError(() => undefined);
    this.connection.listen();
    this.ended = this.untilEnded();
  }

  get usable(): boolean {
    return this.alive && this.child.connected;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Sends a request; rejects with the engine's error, or `engine` if the process ends before its answer. */
  async request<Params, Result, Progress>(
    call: EngineCall<Params, Result, Progress>,
    params: Params,
    { signal, onProgress }: RequestOptions<Progress> = {},
  ): Promise<Result> {
    signal?.throwIfAborted();
    const cancellation = new CancellationTokenSource();
    const cancel = () => {
      cancellation.cancel();
      void this.endIfStopped();
    };
    signal?.addEventListener("abort", cancel, { once: true });
    const progressToken = ++this.tokens;
    const listening = onProgress && this.connection.onProgress(progressOf(call), progressToken, onProgress);
    const message = onProgress ? { ...params, progressToken } : params;
    let pending: Pending | undefined;
    try {
      return await new Promise<Result>((resolve, reject) => {
        pending = { activity: call.activity, signal, reject };
        this.pending.add(pending);
        const answered = this.connection.sendRequest<Result>(call.method, message, cancellation.token);
        answered.then(resolve, (error) => {
          const answer = fromResponseError(error);
          const ended = `The engine was ended while it was ${call.activity}.`;
          const cancelled = signal?.reason ?? new CleverLakeError("engine", ended);
          reject(answer === "cancelled" ? cancelled : answer);
        });
      });
    } finally {
      if (pending) this.pending.delete(pending);
      listening?.dispose();
      signal?.removeEventListener("abort", cancel);
      cancellation.dispose();
    }
  }

  /** Lets the engine shut down cleanly, for at most `milliseconds`. Never rejects. */
  async end(milliseconds: number): Promise<void> {
    const deadline = sleep(milliseconds, undefined, { ref: false });
    if (this.usable) {
      const shutdownRequest = this.request(shutdown, {}).catch(() => undefined);
      await Promise.race([shutdownRequest, deadline]);
      if (this.child.connected) this.child.disconnect();
      await Promise.race([this.ended, deadline]);
    }
    if (this.alive) this.child.kill("SIGKILL");
    await this.ended;
  }

  /** Ends a process that was stopped, or hangs: it would never notice that a request was cancelled. */
  private async endIfStopped(): Promise<void> {
    // Any answer will do, even that there is no such method.
    const answered = this.connection.sendRequest("isAlive").then(
      () => true,
      () => true,
    );
    const waited = sleep(this.patienceMilliseconds, false, { ref: false });
    if (await Promise.race([answered, waited])) return;
    this.isHung = true;
    this.child.kill("SIGKILL");
  }

  private async untilEnded(): Promise<EngineExit> {
    const { child } = this;
    const exit = await new Promise<Pick<EngineExit, "exitCode" | "signal">>((resolve) => {
      child.once("error", () => {
        // Also emitted for messages that could not be sent; only a process that never started has no id.
        if (child.pid === undefined) resolve({ exitCode: null, signal: null });
      });
      // Messages sent before the exit have been read once the channel is closed, which may be later.
      child.once("exit", (exitCode, signal) => {
        const done = () => resolve({ exitCode, signal });
        if (child.connected) child.once("disconnect", () => setImmediate(done));
        else setImmediate(done);
      });
    });
    this.alive = false;
    const interrupted = [...this.pending].map(({ activity }) => activity);
    for (const { activity, signal, reject } of this.pending) {
      reject(signal?.aborted ? signal.reason : lost(activity, exit, child.pid !== undefined));
    }
    this.pending.clear();
    this.connection.dispose();
    return { ...exit, interrupted };
  }
}

function lost(
  activity: string,
  { exitCode, signal }: Pick<EngineExit, "exitCode" | "signal">,
  started: boolean,
): CleverLakeError {
  if (!started) {
    return new CleverLakeError("engine", "The engine's process could not be started.", {
      hint: "The log may have the reason. If the extension's files are damaged, reinstall it.",
    });
  }
  const how = signal === null ? `exit code ${exitCode}` : signal;
  return new CleverLakeError(
    "engine",
    `The engine's process ended unexpectedly (${how}) while it was ${activity}.`,
    { hint: "Completed work is kept. Try again: the engine restarts, and a run continues where it stopped." },
  );
}

/** This process's environment without variables that may contain secrets or change how Node runs. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    // On Windows, variable names are case-insensitive.
    ([name]) => !/^(?:CLEVER_|NODE_OPTIONS$)/i.test(name),
  );
  return { ...Object.fromEntries(inherited), ELECTRON_RUN_AS_NODE: "1" };
}
