import { realpathSync } from "node:fs";
import path from "node:path";

/** The folder of the scripts for Spark, next to the running program's folder. */
export function scriptsOfProgram(): string {
  return path.join(path.dirname(realpathSync(process.argv[1] ?? "")), "..", "spark");
}
