// npm run bench:host: what the extension costs the extension host that it shares with all others, in VS Code 1.100.
//   --activations n   number of extension hosts started for the median activation (15)
//   --students n      size of the run's district: 10 school days of them (65000, about 200 MB)
//   --extension path  another checkout of this project, already built, to measure its activation
import { mkdtempSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { buildExtension } from "../../esbuild";
import { root } from "../../scripts/vscode/hostTests";
import { runTestModule } from "../../scripts/vscode/runTestModule";
import { startHost } from "../../scripts/vscodeHost";
import type { Activation } from "./activation";
import type { Responsiveness } from "./responsiveness";

const { values } = parseArgs({
  options: {
    activations: { type: "string", default: "15" },
    students: { type: "string", default: "65000" },
    extension: { type: "string" },
  },
});
const work = mkdtempSync(path.join(tmpdir(), "clever-lake-bench-"));

/** Starts one VS Code, opens it `times` times, and returns what the named module measured each time. */
async function measured<Measurement>(
  name: string,
  times: number,
  extension: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Measurement[]> {
  const results = path.join(work, `${name}.jsonl`);
  const folder = path.join(work, "workspace");
  await mkdir(folder, { recursive: true });
  const host = await startHost({ version: "1.100", env: { ...env, BENCH_RESULTS: results } });
  try {
    for (let time = 0; time < times; time++) {
      await runTestModule(host, {
        folder,
        extension,
        tests: path.join(root, "out", "bench", `${name}.js`),
        log: path.join(work, `${name}.log`),
        seconds: 1200,
      });
    }
  } finally {
    await host.stop();
  }
  const lines = (await readFile(results, "utf8")).trim().split("\n");
  if (lines.length !== times) throw new Error(`${times} measurements were due, ${lines.length} came.`);
  return lines.map((line) => JSON.parse(line) as Measurement);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

async function main(): Promise<void> {
  try {
    if (values.extension === undefined) await buildExtension();
    await build({
      absWorkingDir: root,
      entryPoints: ["activation", "responsiveness"].map((name) => `bench/extensionHost/${name}.ts`),
      outdir: "out/bench",
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      external: ["vscode"],
      logLevel: "warning",
    });
    const extension = path.resolve(values.extension ?? root);
    const activations = await measured<Activation>("activation", Number(values.activations), extension);
    const times = activations.map(({ milliseconds }) => milliseconds);
    console.log(
      `Activation: median ${median(times).toFixed(1)} ms (${Math.min(...times).toFixed(1)}–${Math.max(...times).toFixed(1)}) ` +
        `of ${times.length}, of the processor's time ${median(activations.map(({ processor }) => processor)).toFixed(1)} ms; ` +
        `loaded by then: ${activations[0]?.loaded.join(", ")}`,
    );
    if (values.extension === undefined) {
      const [run] = await measured<Responsiveness>("responsiveness", 1, extension, {
        BENCH_STUDENTS: values.students,
      });
      if (run === undefined) throw new Error("The run was not measured.");
      console.log(
        `During a run of ${(run.bytes / 1e6).toFixed(0)} MB and ${run.rows} rows (${run.seconds.toFixed(1)} s): ` +
          `event-loop delay p50 ${run.p50.toFixed(1)} ms, p99 ${run.p99.toFixed(1)} ms, greatest ${run.max.toFixed(1)} ms; ` +
          `at rest p99 ${run.restP99.toFixed(1)} ms; the host's processor time ${run.processor.toFixed(1)} s`,
      );
      console.log(`A cancelled run stopped after ${run.stopped.toFixed(0)} ms.`);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

void main();
