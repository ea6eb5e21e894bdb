import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { AdlsEmulator } from "../adls-emulator/emulator";
import { sparkJars } from "./spark";
import { sparkSubmit } from "./sparkEngine";

/** PySpark with Delta Lake and Hadoop's Azure driver, neither of which it includes. */
interface ConfiguredSpark {
  /** The path of `spark-submit`. */
  readonly program: string;
  /** Added to this process's environment for every process that starts Spark. */
  readonly environment: { readonly SPARK_CONF_DIR: string };
}

/**
 * Lets `spark-submit`, `pyspark` and notebooks reach an emulator as they would reach an account in Azure, with Delta Lake
 * and Hadoop's driver. Undefined, with a warning, if Spark or its jars are unavailable.
 *
 * ```ts
 * await using emulator = await AdlsEmulator.start({ fileSystems: ["stage2p"] });
 * const spark = await sparkOnEmulator(emulator, folder);
 * spawn(spark.program, ["job.py"], { env: { ...process.env, ...spark.environment } });
 * // or, for `SparkEngine`, which passes its environment on:
 * Object.assign(process.env, spark.environment);
 * // In Spark: spark.read.format("delta").load("abfs://stage2p@devaccount.dfs.core.windows.net/clever/…")
 * ```
 *
 * Both `abfs://FILESYSTEM@ACCOUNT.dfs.core.windows.net/…` and `abfss://…` lead to the emulator, over http and with the
 * account's key. So a job or a notebook that is made for an account in Azure runs as it is.
 *
 * @param folder gets the configuration; the caller removes it
 * @param settings additional Spark settings
 */
export function sparkOnEmulator(
  { account, key, port }: Pick<AdlsEmulator, "account" | "key" | "port">,
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ConfiguredSpark | undefined> {
  const driver = "spark.hadoop.fs.azure";
  return configuredSpark(folder, {
    // The address that the driver uses instead of the account's host.
    [`${driver}.abfs.endpoint`]: `127.0.0.1:${port}`,
    [`${driver}.always.use.https`]: "false",
    // The class for abfss requires https. So does the one that writes Delta's checksums, which no reader needs.
    "spark.hadoop.fs.abfss.impl": "org.apache.hadoop.fs.azurebfs.AzureBlobFileSystem",
    "spark.databricks.delta.writeChecksumFile.enabled": "false",
    // A wrong setting must fail immediately, not after a quarter of an hour.
    [`${driver}.io.retry.max.retries`]: "3",
    [`${driver}.account.auth.type`]: "SharedKey",
    [`${driver}.account.key.${account}.dfs.core.windows.net`]: key,
    ...settings,
  });
}

/** The same without an emulator. */
export async function configuredSpark(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ConfiguredSpark | undefined> {
  const jars = await sparkJars();
  if (jars === undefined) return undefined;
  const program = await sparkSubmit();
  if (program === undefined) return undefined;
  const own = readdirSync(path.join(path.dirname(program), "..", "jars")).map(nameOf);
  const missing = readdirSync(jars).filter((jar) => jar.endsWith(".jar") && !own.includes(nameOf(jar)));
  const all = {
    "spark.master": "local[2]",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.extraClassPath": missing.map((jar) => path.join(jars, jar)).join(path.delimiter),
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.ui.enabled": "false",
    // For little work, compiling plans costs more than it saves.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    ...settings,
  };
  const configuration = mkdtempSync(path.join(folder, "spark-"));
  const lines = Object.entries(all).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(path.join(configuration, "spark-defaults.conf"), lines.join(""));
  writeFileSync(path.join(configuration, "log4j2.properties"), quiet);
  return { program, environment: { SPARK_CONF_DIR: configuration } };
}

const quiet =
  "rootLogger.level = error\nrootLogger.appenderRef.out.ref = out\nappender.out.type = Console\nappender.out.name = out\nappender.out.target = SYSTEM_ERR\nappender.out.layout.type = PatternLayout\nappender.out.layout.pattern = %p %c: %m%n\n";

/** A jar's name without its version. */
function nameOf(jar: string): string {
  return jar.replace(/-\d[^/]*$/, "");
}
