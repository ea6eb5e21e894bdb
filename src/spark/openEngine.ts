import { type Config, expandHome } from "../config";
import type { SparkEngine } from "./sparkEngine";

/** The engine that a configuration names, for one run; undefined for the embedded one. The caller disposes it. */
export async function openEngine({
  engine,
  sparkSubmit,
}: Pick<Config, "engine" | "sparkSubmit">): Promise<SparkEngine | undefined> {
  if (engine === "embedded") return undefined;
  // Others need not load it.
  const { SparkEngine, scriptsOfProgram } = await import("./sparkEngine");
  return new SparkEngine({ program: expandHome(sparkSubmit), scripts: scriptsOfProgram() });
}
