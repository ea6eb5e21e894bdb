import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { CleverLakeError, errnoOf } from "../basics/errors";
import { removeLocal } from "../basics/filesInUse";
import { jsonIn } from "../basics/json";
import { pause } from "../basics/pause";
import { machineScratch } from "../basics/scratch";
import { specificationOf } from "../clever/specification";
import type { Delivery } from "../pipeline/delivery";
import { withLandedFiles } from "../pipeline/read/landedFiles";
import type { EngineTask } from "../pipeline/read/readEngine";
import { addressOf, messageIn, type SparkRequest } from "./documents";
import { LogTail } from "./logTail";
import type { BorrowedInputs, LaunchSpark, SparkListener, SparkSession } from "./sparkSession";

export interface SubmitOptions {
  /** The path of `spark-submit`, or its name if it is on the search path. */
  readonly program: string;
  /** The folder with the entry script and its package. */
  readonly scripts: string;
}

/** Starts Spark with `spark-submit`. */
export function submitSpark(options: SubmitOptions): LaunchSpark {
  return ({ salt }) => SparkProcess.start(options, salt);
}

/** How long the process may take to exit after its connection is closed. */
const exitMilliseconds = 3_000;

/**
 * Spark started by `spark-submit` in client mode. Jobs and answers go over a local connection, one document per line.
 * When the connection closes, Spark ends, even if this process is killed. The salt is only in the environment of
 * Spark's process. Landed files, the lake's scratch folders and Spark's workers must be on the same machine.
 */
class SparkProcess implements SparkSession {
  readonly lost: Promise<never>;
  private readonly connected: Promise<Socket>;
  private readonly exited: Promise<void>;
  private readonly log = new LogTail();
  private exit: string | undefined;
  private listener: SparkListener | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly server: Server,
    private readonly scratch: string,
    private readonly program: string,
    token: string,
  ) {
    this.exited = new Promise((resolve) => {
      child.once("error", (error) => {
        this.exit = errnoOf(error) === "ENOENT" ? "the program does not exist" : error.message;
        resolve();
      });
      child.once("close", (code, signal) => {
        this.exit ??= signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
        resolve();
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) this.log.follow(stream, (line) => this.listener?.line(line));
    }
    this.connected = new Promise((resolve) => {
      server.on("connection", (socket) => this.accept(socket, token, () => resolve(socket)));
    });
    this.lost = this.exited.then(() => {
      throw this.ended();
    });
    this.lost.catch(() => undefined);
  }

  /** Starts Spark, which initializes in the background. The first job reports a failure to start. */
  static async start({ program, scripts }: SubmitOptions, salt: string): Promise<SparkProcess> {
    if (process.platform === "win32") {
      throw new CleverLakeError("config", "Spark cannot be started from Windows.", {
        subject: "engine",
        hint: 'Set it to "embedded", or run on Linux or macOS.',
      });
    }
    // Spark spills rows to disk when it sorts them. Only the owner can read this folder.
    const scratch = await machineScratch();
    const token = randomBytes(32).toString("hex");
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
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
      // Spark-submit has its own process group, so that its children end with it.
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

  async withPlaces(
    task: EngineTask,
    deliveries: readonly Delivery[],
    work: (lent: BorrowedInputs) => Promise<void>,
  ): Promise<void> {
    const output = path.join(task.scratch, randomUUID());
    await withLandedFiles(task, deliveries, async (files) => {
      if (files.length === 0) return;
      const places = {
        paths: files.map(({ localPath }) => addressOf(localPath)),
        specification: addressOf(await this.writeSpecification(task)),
        knownIds: addressOf(await task.knownIds()),
        output: addressOf(output),
      };
      await work({
        deliveries: files.map(({ delivery }) => delivery),
        places,
        fetch: (place) => Promise.resolve(path.join(output, place)),
      });
    });
  }

  async send(request: SparkRequest): Promise<void> {
    const socket = await this.connected;
    socket.write(`${JSON.stringify(request)}\n`);
  }

  listen(listener: SparkListener | undefined): void {
    this.listener = listener;
  }

  logOfFailure(): Promise<string> {
    return Promise.resolve(this.log.lastLines());
  }

  kill(): Promise<void> {
    const { pid } = this.child;
    try {
      if (pid !== undefined && this.exit === undefined) process.kill(-pid, "SIGKILL");
    } catch (error) {
      // The process has already exited.
      if (errnoOf(error) !== "ESRCH") throw error;
    }
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    // Without a connection, nothing tells the process to exit.
    const socket = await Promise.race([this.connected, pause(0)]);
    if (socket) {
      socket.destroy();
      await Promise.race([this.exited, pause(exitMilliseconds)]);
    }
    await this.kill();
    await this.exited;
    await removeLocal(this.scratch);
  }

  private async writeSpecification({ report }: EngineTask): Promise<string> {
    const place = path.join(this.scratch, `${report.name}.json`);
    await writeFile(place, JSON.stringify(specificationOf(report)));
    return place;
  }

  /** Accepts a connection that sends the token; closes others. */
  private accept(socket: Socket, token: string, accepted: () => void): void {
    let isAccepted = false;
    socket.on("error", () => undefined);
    const lines = createInterface({ input: socket });
    // The interface passes on its stream's errors.
    lines.on("error", () => undefined);
    lines.on("line", (line) => {
      if (isAccepted) this.listener?.message(messageIn(line));
      else if (showsToken(line, token)) {
        isAccepted = true;
        accepted();
      } else socket.destroy();
    });
  }

  private ended(): CleverLakeError {
    return new CleverLakeError(
      "engine",
      `Spark is not running: ${this.exit ?? "?"}.${this.log.lastLines()}`,
      {
        subject: this.program,
        hint: "Try `spark-submit --version` in the same environment; `sparkSubmit` sets the program. It needs Java and Python 3.9 or newer.",
      },
    );
  }
}

/** The environment without the program's own secrets, which Spark does not need. */
function withoutSecrets(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("CLEVER_")));
}

function showsToken(line: string, token: string): boolean {
  return z.object({ token: z.literal(token) }).safeParse(jsonIn(line)).success;
}
