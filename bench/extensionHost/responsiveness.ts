import { appendFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { extensions } from "vscode";
import { startSample } from "../../src/engine/messages/protocol";
import type { Application } from "../../src/ui/application";
import { writeConnection } from "../../src/ui/connection/settings";

/** Milliseconds between two timer ticks; a delay is how late a tick is. */
const resolution = 10;
const secondsAtRest = 10;

/** The run, the event loop's delays in milliseconds, and the CPU time in seconds. */
export interface Responsiveness {
  readonly bytes: number;
  readonly rows: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly restP99: number;
  /** From a cancellation to the end of the run. */
  readonly stopped: number;
  readonly processor: number;
}

/** How responsive the extension host stays while the pipeline ingests a large district, and while idle. */
export async function run(): Promise<void> {
  const extension = extensions.getExtension<Application>("clever-lake.clever-lake");
  const application = await extension?.activate();
  if (application === undefined) throw new Error("The extension did not export its parts.");
  const { client, model, runs, secrets } = application;
  const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-bench-district-"));
  try {
    const students = Number(process.env.BENCH_STUDENTS);
    const size = { students, teachers: 0, staff: 0, schools: 40, days: 10 };
    const sample = await client.request(startSample, { folder, size });
    await secrets.write({ password: sample.password, salt: "a salt for measuring" });
    await writeConnection({
      ...sample,
      privateKeyPath: "",
      lakeAuth: "default",
      saltKeyVaultUrl: "",
    });
    await model.refresh();

    const rest = watch();
    await sleep(secondsAtRest * 1000);
    rest.disable();
    const stopped = await millisecondsToStop(runs);
    const before = process.cpuUsage();
    const delay = watch();
    const summary = await runs.run({ command: "run" });
    delay.disable();
    const { user, system } = process.cpuUsage(before);
    if (summary === undefined) throw new Error("The run did not succeed.");
    const result: Responsiveness = {
      bytes: summary.bytes,
      rows: Object.values(summary.rows).reduce((sum, rows) => sum + rows, 0),
      seconds: summary.milliseconds / 1000,
      p50: late(delay, 50),
      p99: late(delay, 99),
      max: Math.max(0, delay.max / 1e6 - resolution),
      restP99: late(rest, 99),
      stopped,
      processor: (user + system) / 1e6,
    };
    appendFileSync(process.env.BENCH_RESULTS ?? "", `${JSON.stringify(result)}\n`);
  } finally {
    await client.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The time from the user's cancellation to the end of a run that has begun to ingest files. */
async function millisecondsToStop(runs: Application["runs"]): Promise<number> {
  const run = runs.run({ command: "run" });
  await new Promise<void>((resolve) => {
    const listening = runs.onDidChange(() => {
      if (!/\d/.test(runs.running ?? "")) return;
      listening.dispose();
      resolve();
    });
  });
  const started = performance.now();
  runs.cancel();
  await run;
  return performance.now() - started;
}

function watch(): IntervalHistogram {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  return delay;
}

function late(delay: IntervalHistogram, percent: number): number {
  return Math.max(0, delay.percentile(percent) / 1e6 - resolution);
}
