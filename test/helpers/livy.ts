import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./freePort";
import { installedOnce, leftOut } from "./installed";
import { sparkSubmit } from "./sparkEngine";

const project = path.resolve(import.meta.dirname, "..", "livy", "pom.xml");

/**
 * The folder with the jars of Apache Livy's server, fetched once by Maven into the project's `.cache` (73 MB). Undefined,
 * with a warning, if they are unavailable.
 */
async function livyJars(): Promise<string | undefined> {
  try {
    return await installedOnce("livy", readFileSync(project, "utf8"), (folder) => {
      const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
      const goal = [plugin, "-DincludeScope=runtime", `-DoutputDirectory=${folder}`];
      const { status, error, stdout, stderr } = spawnSync(
        "mvn",
        ["--quiet", "--batch-mode", "--file", project, ...goal],
        { encoding: "utf8", timeout: 15 * 60_000 },
      );
      if (error) throw error;
      if (status !== 0) throw new Error(`mvn failed: ${(stdout + stderr).slice(-500)}`);
    });
  } catch (error) {
    return leftOut("the checks with Apache Livy. They need Java 17 and Maven.", error);
  }
}

export interface LivyServerOptions {
  /** The folder whose files batches may use. */
  readonly allowed: string;
  /** Added to this process's environment for the server, and so for each batch. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A real Apache Livy on this machine, with PySpark's Spark, behind a proxy that records everything. */
export class LivyServer implements AsyncDisposable {
  /** Complete requests and responses. */
  readonly traffic: string[] = [];
  readonly requests: string[] = [];

  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
    private readonly proxy: ReturnType<typeof createServer>,
    private readonly output: Buffer[],
  ) {}

  static async start({ allowed, environment }: LivyServerOptions): Promise<LivyServer | undefined> {
    const program = await sparkSubmit();
    const jars = await livyJars();
    if (program === undefined || jars === undefined) return undefined;
    const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-livy-"));
    const port = await freePort();
    for (const name of ["conf", "logs"]) await mkdir(path.join(folder, name));
    await writeFile(
      path.join(folder, "conf", "livy.conf"),
      [
        "livy.server.host = 127.0.0.1",
        `livy.server.port = ${port}`,
        `livy.file.local-dir-whitelist = ${allowed}`,
        "livy.spark.master = local[2]",
      ].join("\n"),
    );
    await writeFile(
      path.join(folder, "conf", "log4j.properties"),
      "log4j.rootLogger=DEBUG,A\nlog4j.appender.A=org.apache.log4j.ConsoleAppender\nlog4j.appender.A.layout=org.apache.log4j.PatternLayout\nlog4j.appender.A.layout.ConversionPattern=%p %c: %m%n\n",
    );
    const opened = ["lang", "util", "net"].map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`);
    const classPath = `${path.join(folder, "conf")}:${path.join(jars, "*")}`;
    const server = spawn(
      "java",
      ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", ...opened].concat([
        "-cp",
        classPath,
        "org.apache.livy.server.LivyServer",
      ]),
      { env: { ...process.env, ...environment, LIVY_HOME: folder }, stdio: ["ignore", "pipe", "pipe"] },
    );
    const output: Buffer[] = [];
    for (const stream of [server.stdout, server.stderr])
      stream.on("data", (chunk: Buffer) => output.push(chunk));
    const proxy = createServer();
    const livy = new LivyServer(server, folder, port, proxy, output);
    livy.keep();
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    for (let attempt = 0; ; attempt++) {
      const isUp = await fetch(`http://127.0.0.1:${port}/version`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) return livy;
      if (attempt > 240 || server.exitCode !== null)
        throw new Error(`Livy does not start: ${livy.log.slice(-2000)}`);
      await sleep(500);
    }
  }

  get url(): string {
    return `http://127.0.0.1:${(this.proxy.address() as AddressInfo).port}`;
  }

  /** What the server logged. */
  get log(): string {
    return Buffer.concat(this.output).toString("utf8");
  }

  async batches(): Promise<readonly { readonly id: number; readonly state: string }[]> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/batches`);
    return ((await answer.json()) as { sessions: { id: number; state: string }[] }).sessions;
  }

  /** Kills the server, like a machine that fails. */
  async crash(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill("SIGKILL");
    await once(this.process, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
    this.proxy.closeAllConnections();
    this.proxy.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private keep(): void {
    this.proxy.on("request", (asked, answering) => {
      const body: Buffer[] = [];
      asked.on("data", (chunk: Buffer) => body.push(chunk));
      asked.on("end", () => {
        const { method, url: target, headers } = asked;
        const sent = Buffer.concat(body);
        this.requests.push(`${method} ${target}`);
        this.traffic.push(`${method} ${target} ${JSON.stringify(headers)}\n${sent.toString("utf8")}`);
        const passed = request(
          { port: this.port, host: "127.0.0.1", method, path: target, headers },
          (answer) => {
            const answered: Buffer[] = [];
            answer.on("data", (chunk: Buffer) => answered.push(chunk));
            answer.on("end", () => {
              this.traffic.push(Buffer.concat(answered).toString("utf8"));
              answering.writeHead(answer.statusCode ?? 502, answer.headers);
              answering.end(Buffer.concat(answered));
            });
          },
        );
        passed.on("error", () => answering.destroy());
        passed.end(sent);
      });
    });
  }
}

/** The processes on this machine whose arguments contain a text, each with its whole command line. */
export function processesWith(text: string): { readonly pid: number; readonly line: string }[] {
  const { stdout } = spawnSync("ps", ["-eww", "-o", "pid=,args="], { encoding: "utf8", maxBuffer: 1 << 26 });
  return stdout
    .split("\n")
    .filter((line) => line.includes(text))
    .map((line) => ({ pid: Number.parseInt(line, 10), line }));
}

/** A key vault and a managed identity endpoint on this machine, which respond as Azure documents. */
export class StubVault implements AsyncDisposable {
  salt = "";
  /** The vault's response, unless it returns the salt. */
  status = 200;
  readonly requests: string[] = [];
  private readonly server = createServer((asked, answering) => {
    const { url: target = "", headers } = asked;
    this.requests.push(`${target} ${headers.authorization ?? ""}${headers.metadata ?? ""}`);
    const isIdentity = target.startsWith("/metadata/identity/oauth2/token?") && headers.metadata === "true";
    const isSecret =
      target.startsWith("/secrets/oeaSalt?") && headers.authorization === "Bearer of the machine";
    const status = isIdentity ? 200 : isSecret ? this.status : 401;
    answering.writeHead(status, { "content-type": "application/json", "x-ms-request-id": "1" });
    answering.end(
      JSON.stringify(
        isIdentity ? { access_token: "of the machine" } : status === 200 ? { value: this.salt } : {},
      ),
    );
  });

  static async start(): Promise<StubVault> {
    const vault = new StubVault();
    vault.server.listen(0, "127.0.0.1");
    await once(vault.server, "listening");
    return vault;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await Promise.resolve();
  }
}
