import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { installedOnce, leftOut } from "./installed";

const root = path.resolve(import.meta.dirname, "..", "..");
const source = path.join(root, "test", "spark");
const dependencyPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/**
 * The folder with the jars of Apache Spark, Delta Lake and Hadoop's Azure driver, fetched once by Maven into the project's
 * `.cache` (230 MB). Undefined, with a warning, without Java 17 or Maven or if they cannot be fetched; in CI, where
 * nothing may be skipped, an error.
 */
export async function sparkJars(): Promise<string | undefined> {
  const project = path.join(source, "pom.xml");
  try {
    requireJava();
    return await installedOnce("spark", readFileSync(project, "utf8"), (folder) => {
      const goal = [
        `${dependencyPlugin}:copy-dependencies`,
        "-DincludeScope=runtime",
        `-DoutputDirectory=${folder}`,
      ];
      run("mvn", ["--quiet", "--batch-mode", "--file", project, ...goal]);
    });
  } catch (error) {
    return leftOut("the checks with Apache Spark. They need Java 17 and Maven.", error);
  }
}

function requireJava(): void {
  const { stderr } = run("java", ["-version"]);
  const major = Number(/version "(\d+)/.exec(stderr)?.[1]);
  // The newest that Spark 3.5 supports.
  if (major !== 17) throw new Error(`The Java here is version ${major}.`);
}

function run(command: string, args: readonly string[]): { stderr: string } {
  const options = { encoding: "utf8", shell: process.platform === "win32", timeout: 15 * 60_000 } as const;
  const { status, error, stderr, stdout } = spawnSync(command, args, options);
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} failed: ${(stdout + stderr).slice(-500)}`);
  return { stderr };
}

const opened = ["lang", "lang.invoke", "lang.reflect", "io", "net", "nio", "util", "util.concurrent"]
  .concat("util.concurrent.atomic")
  .map((name) => `java.base/java.${name}`)
  .concat(["nio.ch", "nio.cs", "security.action", "util.calendar"].map((name) => `java.base/sun.${name}`));

/** The rows of a statement. */
type Rows = readonly Readonly<Record<string, unknown>>[];

const answer = z.object({
  rows: z.array(z.array(z.record(z.string(), z.unknown()))),
  error: z.string().optional(),
});

/** An Apache Spark session, which takes a few seconds to start: one is enough for a test file. */
export class Spark implements AsyncDisposable {
  private readonly answers: AsyncIterator<string>;
  private readonly errors: Buffer[] = [];
  private readonly ended: Promise<unknown>;

  private constructor(private readonly process: ChildProcessWithoutNullStreams) {
    this.answers = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    process.stderr.on("data", (chunk: Buffer) => this.errors.push(chunk));
    this.ended = once(process, "close");
  }

  /**
   * @param scratch the caller's folder for Spark's own files
   * @param settings additional session settings
   */
  static start(jars: string, scratch: string, settings: Readonly<Record<string, string>> = {}): Spark {
    const process_ = spawn(
      "java",
      [
        "-Xmx1g",
        // For little work, the better compiler and collector cost more than they save.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        ...opened.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
        `-Djava.io.tmpdir=${scratch}`,
        "-cp",
        path.join(jars, "*"),
        path.join(source, "SparkSql.java"),
      ],
      { cwd: scratch, env: { ...process.env, SPARK_LOCAL_IP: "127.0.0.1" } },
    );
    const spark = new Spark(process_);
    const places = { "spark.local.dir": scratch, "spark.sql.warehouse.dir": scratch };
    process_.stdin.write(`${JSON.stringify({ ...places, ...settings })}\n`);
    return spark;
  }

  /** Runs statements one after the other; resolves to the rows of each. */
  async sql(...statements: readonly string[]): Promise<readonly Rows[]> {
    this.process.stdin.write(`${JSON.stringify(statements)}\n`);
    const line = await this.answers.next();
    if (line.done)
      throw new Error(`Spark ended: ${Buffer.concat(this.errors).toString("utf8").slice(-3000)}`);
    const { rows, error } = answer.parse(JSON.parse(line.value));
    if (error !== undefined) throw new Error(`Spark failed: ${error}`);
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.stdin.end();
    await this.ended;
  }
}
