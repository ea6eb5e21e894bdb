import { realpathSync } from "node:fs";
import path from "node:path";

/** Where the scripts for Spark are: beside the folder of the program that runs. */
export function scriptsOfProgram(): string {
  return path.join(path.dirname(realpathSync(process.argv[1] ?? "")), "..", "spark");
}
