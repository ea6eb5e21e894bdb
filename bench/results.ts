import { readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type Comparison, isReached, type Limit, ratioOf, type Spread, spreadOf } from "./comparison";
import { type MeasuredSide, timeProcess } from "./measure";
import type { BenchOptions } from "./options";
import { projectFolder } from "./workshop";

const begin = "<!-- results: written by npm run bench -->";
const end = "<!-- end of results -->";

/** Writes `bench/results.json` and, between its markers, the tables of `bench/README.md`. */
export async function writeResults(
  options: BenchOptions,
  comparisons: readonly Comparison[],
  limits: readonly Limit[],
): Promise<void> {
  const machine = await describeMachine();
  const document = {
    measured: new Date().toISOString(),
    machine,
    options,
    comparisons: comparisons.map((comparison) => ({
      ...comparison,
      ratio: ratioOf(comparison),
      reached: isReached(comparison),
    })),
    limits,
  };
  await writeFile(
    path.join(projectFolder, "bench", "results.json"),
    `${JSON.stringify(document, undefined, 2)}\n`,
  );
  const readme = path.join(projectFolder, "bench", "README.md");
  const text = await readFile(readme, "utf8");
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error("bench/README.md has lost its result markers.");
  const tables = resultTables(options, machine, comparisons, limits);
  await writeFile(readme, `${before}${begin}\n\n${tables}\n${end}${after}`);
  console.log(tables);
}

function resultTables(
  options: BenchOptions,
  machine: readonly string[],
  comparisons: readonly Comparison[],
  limits: readonly Limit[],
): string {
  const lines = [
    `Measured on ${new Date().toISOString().slice(0, 10)}, ${options.runs} turns, ${options.students} students: ${machine.join("; ")}.`,
    "",
    "| benchmark | ours | instead | ratio | target | reached |",
    "| --- | --- | --- | --- | --- | --- |",
    ...comparisons.map((comparison) => {
      const { benchmark, ours, theirs, measure, target } = comparison;
      const sign = measure === "time" ? "≤" : "≥";
      const cells = [
        benchmark,
        sideText(ours),
        `${theirs.name}: ${sideText(theirs)}`,
        `**${spreadText(ratioOf(comparison), 2)}** of its ${measure}`,
        `${sign} ${target}`,
        isReached(comparison) ? "yes" : "no",
      ];
      return `| ${cells.join(" | ")} |`;
    }),
    "",
    "| limit | measured | target | reached |",
    "| --- | --- | --- | --- |",
    ...limits.map(({ benchmark, unit, values, target }) => {
      const spread = spreadOf(values);
      const reached = target === undefined ? "" : spread.max <= target ? "yes" : "no";
      return `| ${benchmark} | ${spreadText(spread, 0)} ${unit} | ≤ ${target ?? ""} ${unit} | ${reached} |`;
    }),
    "",
  ];
  return lines.join("\n");
}

function sideText({ samples }: MeasuredSide): string {
  const seconds = `${spreadText(spreadOf(samples.map((sample) => sample.seconds)), 2)} s`;
  const peaks = samples.flatMap(({ peakMemory }) => (peakMemory === undefined ? [] : [peakMemory / 1e6]));
  return peaks.length === 0 ? seconds : `${seconds}, ${spreadOf(peaks).max.toFixed(0)} MB`;
}

function spreadText({ median, min, max }: Spread, digits: number): string {
  return min === max
    ? median.toFixed(digits)
    : `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

async function describeMachine(): Promise<string[]> {
  const [{ model = "unknown processor" } = {}, ...others] = os.cpus();
  const gigabytes = Math.round(os.totalmem() / 2 ** 30);
  const versions = await Promise.all([
    versionOf("rclone", ["version"], /^rclone (\S+)/m),
    versionOf("ssh", ["-V"], /(OpenSSH_[^ ,]+)/),
  ]);
  const duckdb = /"version": "([^"]+)"/.exec(
    await readFile(path.join(projectFolder, "node_modules", "@duckdb", "node-api", "package.json"), "utf8"),
  );
  return [
    `${model.trim()}, ${others.length + 1} cores, ${gigabytes} GB, ${os.type()} ${os.release()}`,
    `Node.js ${process.versions.node}`,
    `rclone ${versions[0]}`,
    versions[1],
    `@duckdb/node-api ${duckdb?.[1] ?? "unknown"}`,
  ];
}

async function versionOf(command: string, args: readonly string[], pattern: RegExp): Promise<string> {
  const { stdout, stderr } = await timeProcess({ command, args });
  return pattern.exec(`${stdout}\n${stderr}`)?.[1] ?? "unknown";
}
