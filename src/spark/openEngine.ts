import { type Config, expandHome } from "../config";
import type { AzureAccess } from "../lake/adls/identity";
import { scriptsOfProgram } from "./scripts";
import type { SparkEngine } from "./sparkEngine";

type EngineSettings = Pick<Config, "engine" | "sparkSubmit" | "livy" | "lake" | "saltKeyVaultUrl">;

/**
 * The configured engine for one run; undefined for the embedded one. Nothing is started or sent before the first job.
 * Rejects with `config` for an unusable configuration. The caller disposes the engine.
 */
export async function openEngine(
  settings: EngineSettings,
  azure: AzureAccess = {},
): Promise<SparkEngine | undefined> {
  if (settings.engine === "embedded") return undefined;
  // Loaded only for Spark.
  const { SparkEngine } = await import("./sparkEngine");
  if (settings.engine === "spark-submit") {
    const { submitSpark } = await import("./sparkProcess");
    const program = expandHome(settings.sparkSubmit);
    return new SparkEngine(submitSpark({ program, scripts: scriptsOfProgram() }));
  }
  const { livyTargetOf } = await import("./livy/livyService");
  const target = livyTargetOf(settings);
  const { LivySession } = await import("./livy/livySession");
  const options = { ...azure, ...target, scripts: scriptsOfProgram() };
  return new SparkEngine((task) => LivySession.start(options, task));
}
