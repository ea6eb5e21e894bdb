// Injects every Azure fault at every request of a run (test/integration/adlsFaults.test.ts), with one process per core; takes
// over an hour. Prints the number of cases at the end.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import path from "node:path";

const root = path.dirname(import.meta.dirname);
const processes = availableParallelism();

/** Runs the cases of one process; resolves to the exit status and the counts that the test printed. */
async function tryFrom(first: number) {
  const vitest = path.join("node_modules", "vitest", "vitest.mjs");
  const child = spawn(
    process.execPath,
    [vitest, "run", "--project", "integration", "test/integration/adlsFaults.test.ts"],
    {
      cwd: root,
      env: {
        ...process.env,
        NO_COLOR: "1",
        CLEVER_LAKE_FAULT_STRIDE: String(processes),
        CLEVER_LAKE_FAULT_FIRST: String(first),
      },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    process.stdout.write(text);
  });
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const counts = /Azure faults: (\d+) of (\d+) cases tried, in (\d+) of them/.exec(printed);
  const [tried = 0, , repaired = 0] = counts?.slice(1).map(Number) ?? [];
  return { status, tried, repaired };
}

async function main(): Promise<void> {
  const started = performance.now();
  const all = await Promise.all(Array.from({ length: processes }, (_, first) => tryFrom(first)));
  const sum = (name: "tried" | "repaired") => all.reduce((total, each) => total + each[name], 0);
  const minutes = Math.round((performance.now() - started) / 60_000);
  console.log(
    `All ${sum("tried")} cases tried in ${minutes} minutes; in ${sum("repaired")} of them the first run failed and the second one recovered`,
  );
  if (all.some(({ status, tried }) => status !== 0 || tried === 0)) {
    console.log("In some cases the lake did not reach the expected state, or a process failed.");
    process.exitCode = 1;
  }
}

void main();
