import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { installedOnce, leftOut } from "./installed";
import { askProcess } from "./jsonProcess";

const root = path.resolve(import.meta.dirname, "..", "..");
const source = path.join(root, "test", "spark");
const dependencyPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/**
 * The folder of the jars of Apache Spark, Delta Lake and Hadoop's Azure driver, fetched once by Maven into the project's
 * `.cache` (230 MB). Undefined, and loudly so, without Java 17 or Maven or where they cannot be fetched; in CI, where
 * nothing may be left out, an error.
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
  // The newest that Spark 3.5 is made for.
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

/**
 * Runs SQL statements in a Spark of their own; resolves to a list of the rows of each.
 * @param request where the account is, and `scratch`, a folder of the caller's for Spark's own files
 */
export async function runSpark(
  jars: string,
  request: {
    readonly endpoint: string;
    readonly account: string;
    readonly key: string;
    readonly scratch: string;
    readonly statements: readonly string[];
  },
): Promise<unknown> {
  return askProcess(
    "Spark",
    "java",
    [
      "-Xmx1g",
      // Started once for little work: the better compiler and collector cost more than they save.
      "-XX:TieredStopAtLevel=1",
      "-XX:+UseSerialGC",
      ...opened.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
      `-Djava.io.tmpdir=${request.scratch}`,
      "-cp",
      path.join(jars, "*"),
      path.join(source, "SparkSql.java"),
    ],
    request,
    { cwd: request.scratch, env: { ...process.env, SPARK_LOCAL_IP: "127.0.0.1" } },
  );
}
