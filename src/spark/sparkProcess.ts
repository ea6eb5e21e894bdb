import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { CleverLakeError, errnoOf } from "../errors";
import { removeLocal } from "../heldFiles";
import { pause } from "../pause";
import type { EngineState } from "../pipeline/read/readEngine";
import { machineScratch } from "../scratch";
import { type SparkJob, type SparkMessage, type SparkResult, sparkMessage, sparkResult } from "./documents";
import { LogTail } from "./logTail";

export interface SparkOptions {
  /** The path of `spark-submit`, or its name if it is on the search path. */
  readonly program: string;
  /** The folder with the entry script and its package. */
  readonly scripts: string;
}

/** After its connection is closed, a process has so long to end by itself. */
const patienceMilliseconds = 3_000;

/**
 * A Spark that `spark-submit` started, in client mode, and that takes one job after the other. Jobs and answers go over a
 * connection on this machine. When that ends, Spark ends, also if this process is killed. The salt is in the environment
 * of Spark's process and nowhere else.
 */
export class SparkProcess implements AsyncDisposable {
  private readonly connected: Promise<Socket>;
  private readonly exited: Promise<void>;
  private readonly log = new LogTail();
  private exit: string | undefined;
  private onMessage: (message: SparkMessage) => void = () => undefined;
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly child: ChildProcess,
    private readonly server: Server,
    private readonly scratch: string,
    private readonly program: string,
    token: string,
  ) {
    this.exited = new Promise((resolve) => {
      child.once("error", (error) => {
        this.exit = errnoOf(error) === "ENOENT" ? "there is no such program" : error.message;
        resolve();
      });
      child.once("close", (code, signal) => {
        this.exit ??= signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
        resolve();
      });
    });
    for (const stream of [child.stdout, child.stderr]) if (stream) this.log.follow(stream);
    this.connected = new Promise((resolve, reject) => {
      server.on("connection", (socket) => this.listen(socket, token, () => resolve(socket)));
      void this.exited.then(() => reject(this.ended()));
    });
    // Awaited by each job; without one there is nobody to tell.
    this.connected.catch(() => undefined);
  }

  /** Starts Spark, which gets ready while others work. Its failure is told by the first job. */
  static async start({ program, scripts }: SparkOptions, salt: string): Promise<SparkProcess> {
    if (process.platform === "win32") {
      throw new CleverLakeError("config", "Spark cannot be started from Windows.", {
        subject: "engine",
        hint: 'Set it to "embedded", or run on Linux or macOS.',
      });
    }
    const token = randomBytes(32).toString("hex");
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    // Spark keeps rows on disk while it sorts them: in a folder that its owner alone can read.
    const scratch = await machineScratch();
    const settings = {
      "spark.ui.enabled": "false",
      "spark.ui.showConsoleProgress": "false",
      "spark.local.dir": scratch,
    };
    const args = [
      ...["--deploy-mode", "client", "--name", "Clever Lake"],
      ...Object.entries(settings).flatMap(([name, value]) => ["--conf", `${name}=${value}`]),
      path.join(scripts, "clever_lake_job.py"),
    ];
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: spark-submit has children, which end with it.
      detached: true,
      env: {
        ...withoutSecrets(process.env),
        PYTHONDONTWRITEBYTECODE: "1",
        CLEVER_LAKE_SALT: salt,
        CLEVER_LAKE_TOKEN: token,
        CLEVER_LAKE_PORT: String(port),
        CLEVER_LAKE_SCRATCH: scratch,
      },
    });
    return new SparkProcess(child, server, scratch, program, token);
  }

  /**
   * Runs a job, behind those before it. Rejects with `engine` if Spark fails, and with the signal's reason; then Spark is
   * ended, since nothing else stops what it is at.
   */
  run(
    job: SparkJob,
    signal: AbortSignal | undefined,
    tell: (state: EngineState) => void,
  ): Promise<SparkResult> {
    const turn = this.turn.then(() => this.runNow(job, signal, tell));
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    // Without a connection yet, there is nothing that would end it by itself.
    const socket = await Promise.race([this.connected.catch(() => undefined), pause(0)]);
    if (socket) {
      socket.destroy();
      await Promise.race([this.exited, pause(patienceMilliseconds)]);
    }
    this.kill();
    await this.exited;
    await removeLocal(this.scratch);
  }

  private async runNow(
    job: SparkJob,
    signal: AbortSignal | undefined,
    tell: (state: EngineState) => void,
  ): Promise<SparkResult> {
    signal?.throwIfAborted();
    const place = path.join(this.scratch, randomUUID());
    const [jobPlace, resultPlace] = [`${place}.job.json`, `${place}.result.json`];
    await writeFile(jobPlace, JSON.stringify(job), { mode: 0o600 });
    let stop = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      stop = () => {
        this.kill();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
      // While the document was written.
      if (signal?.aborted) stop();
    });
    try {
      tell("starting");
      const socket = await Promise.race([this.connected, aborted]);
      const answered = new Promise<void>((resolve, reject) => {
        this.onMessage = (message) => {
          if ("state" in message && message.state !== "ready") tell(message.state);
          if ("result" in message) resolve();
          if ("error" in message) reject(this.failed(message.error));
        };
        void this.exited.then(() => reject(this.ended()));
      });
      socket.write(`${JSON.stringify({ job: jobPlace, result: resultPlace })}\n`);
      await Promise.race([answered, aborted]);
      const result = sparkResult.safeParse(JSON.parse(await readFile(resultPlace, "utf8")));
      if (!result.success) throw this.failed("a result in another form");
      return result.data;
    } finally {
      signal?.removeEventListener("abort", stop);
      this.onMessage = () => undefined;
    }
  }

  /** Listens to a connection that shows the token; others are closed. */
  private listen(socket: Socket, token: string, accept: () => void): void {
    let isAccepted = false;
    socket.on("error", () => undefined);
    const lines = createInterface({ input: socket });
    // The interface passes on what its stream fails with.
    lines.on("error", () => undefined);
    lines.on("line", (line) => {
      const message = messageIn(line);
      if (isAccepted && message) this.onMessage(message);
      else if (message && "token" in message && message.token === token) {
        isAccepted = true;
        accept();
      } else socket.destroy();
    });
  }

  private kill(): void {
    const { pid } = this.child;
    if (pid === undefined || this.exit !== undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      // It is gone already.
      if (errnoOf(error) !== "ESRCH") throw error;
    }
  }

  private failed(kind: string): CleverLakeError {
    return new CleverLakeError("engine", `Spark failed with ${kind}.${this.log.told()}`, {
      hint: 'Nothing was committed, and the landed files wait for the next run. With "engine": "embedded" it does without Spark.',
    });
  }

  private ended(): CleverLakeError {
    return new CleverLakeError("engine", `Spark is not there: ${this.exit ?? "?"}.${this.log.told()}`, {
      subject: this.program,
      hint: "Try `spark-submit --version` in the same environment; `sparkSubmit` names the program. It needs Java and Python 3.9 or newer.",
    });
  }
}

/** Spark has no use for the program's own secrets. */
function withoutSecrets(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("CLEVER_")));
}

function messageIn(line: string): SparkMessage | undefined {
  try {
    return sparkMessage.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
