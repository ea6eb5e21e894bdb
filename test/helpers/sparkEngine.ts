import { spawnSync } from "node:child_process";
import path from "node:path";
import { SparkEngine } from "../../src/spark/sparkEngine";
import { submitSpark } from "../../src/spark/sparkProcess";
import { leftOut } from "./installed";
import { pythonWithSpark } from "./python";

/** Our own scripts for Spark. */
export const sparkScripts = path.resolve(import.meta.dirname, "..", "..", "spark");

/**
 * The path of a working `spark-submit`; undefined, with a warning, without Java or PySpark. Sets what it needs in this
 * process's environment, as its user would.
 */
export async function sparkSubmit(): Promise<string | undefined> {
  if (spawnSync("java", ["-version"]).status !== 0) {
    return leftOut("Apache Spark as an engine.", new Error("There is no Java."));
  }
  const python = await pythonWithSpark();
  if (python === undefined) return undefined;
  const found = spawnSync(python, ["-c", "import pyspark; print(pyspark.__path__[0])"], { encoding: "utf8" });
  const home = found.stdout.trim();
  Object.assign(process.env, {
    SPARK_HOME: home,
    SPARK_LOCAL_IP: "127.0.0.1",
    PYSPARK_PYTHON: python,
    // For little work, the better compiler and collector cost more than they save.
    SPARK_SUBMIT_OPTS: "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
  });
  return path.join(home, "bin", "spark-submit");
}

/** A Spark engine on this machine, not started yet; the caller disposes it. */
export async function sparkEngine(): Promise<SparkEngine | undefined> {
  const program = await sparkSubmit();
  return program === undefined ? undefined : new SparkEngine(submitSpark({ program, scripts: sparkScripts }));
}
