import { readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type Comparison, isReached, type Limit, ratioOf, type Spread, spreadOf } from "./comparison";
import { type MeasuredSide, timeProcess } from "./measure";
import type { BenchOptions } from "./options";
import { projectFolder } from "./workshop";

interface Measured {
  /** `yyyy-MM-dd` */
  readonly measured: string;
  readonly options: BenchOptions;
}

/** The document `bench/results.json`. */
interface Results {
  readonly machine: readonly string[];
  readonly comparisons: readonly (Comparison & Measured)[];
  readonly limits: readonly (Limit & Measured)[];
}

const begin = "<!-- results: written by npm run bench -->";
const end = "<!-- end of results -->";
const resultsFile = path.join(projectFolder, "bench", "results.json");
const readmeFile = path.join(projectFolder, "bench", "README.md");

/**
 * Writes `bench/results.json` and, between its markers, the tables of `bench/README.md`. Results of benchmarks that
 * were not run this time are kept.
 */
export async function writeResults(
  options: BenchOptions,
  comparisons: readonly Comparison[],
  limits: readonly Limit[],
): Promise<void> {
  const before = await readResults();
  const now: Measured = { measured: new Date().toISOString().slice(0, 10), options };
  const merged = <T extends Comparison | Limit>(old: readonly (T & Measured)[], fresh: readonly T[]) =>
    [
      ...old.filter(({ benchmark }) => !options.only.includes(benchmark)),
      ...fresh.map((result) => ({ ...result, ...now })),
    ].sort((a, b) => (a.benchmark < b.benchmark ? -1 : Number(a.benchmark > b.benchmark)));
  const results: Results = {
    machine: await describeMachine(),
    comparisons: merged(before?.comparisons ?? [], comparisons),
    limits: merged(before?.limits ?? [], limits),
  };
  await writeFile(resultsFile, `${JSON.stringify(results, undefined, 2)}\n`);
  const [above, rest] = (await readFile(readmeFile, "utf8")).split(begin);
  const below = rest?.split(end)[1];
  if (above === undefined || below === undefined) throw new Error("bench/README.md has lost its markers.");
  const tables = resultTables(results);
  await writeFile(readmeFile, `${above}${begin}\n${tables}\n${end}${below}`);
  console.log(tables);
}

async function readResults(): Promise<Results | undefined> {
  try {
    return JSON.parse(await readFile(resultsFile, "utf8")) as Results;
  } catch {
    return undefined;
  }
}

const units = {
  bytes: { name: "MB", size: 1e6, digits: 0 },
  seconds: { name: "s", size: 1, digits: 3 },
  files: { name: "files", size: 1, digits: 0 },
  requests: { name: "requests", size: 1, digits: 0 },
} as const;

function resultTables({ machine, comparisons, limits }: Results): string {
  return [
    `Machine: ${machine.join("; ")}. Medians, with the minimum and maximum in brackets.`,
    "",
    "| benchmark | ours | instead | ratio | target | reached | students, turns, day |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...comparisons.map((comparison) => {
      const { benchmark, title, ours, theirs, measure, target } = comparison;
      const ratio = `**${spreadText(ratioOf(comparison), 2)}** of its ${measure}`;
      const sign = measure === "time" ? "≤" : "≥";
      const reached = isReached(comparison);
      return row(
        `(${benchmark}) ${title}`,
        sideText(ours),
        `${theirs.name}: ${sideText(theirs)}`,
        ratio,
        target === undefined ? "" : `${sign} ${target}`,
        reached === undefined ? "" : reached ? "yes" : "no",
        circumstances(comparison),
      );
    }),
    "",
    "| benchmark | measured | target | reached | students, turns, day |",
    "| --- | --- | --- | --- | --- |",
    ...limits.map((limit) => {
      const { benchmark, title, unit = "bytes", values, target } = limit;
      const { name, size, digits } = units[unit];
      const spread = spreadOf(values.map((value) => value / size));
      return row(
        `(${benchmark}) ${title}`,
        `${spreadText(spread, digits)} ${name}`,
        target === undefined ? "" : `≤ ${target / size} ${name}`,
        target === undefined ? "" : spread.max * size <= target ? "yes" : "no",
        circumstances(limit),
      );
    }),
  ].join("\n");
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function circumstances({ options, measured }: Measured): string {
  return `${options.students}, ${options.runs}, ${measured}`;
}

/** `3.12 (3.01–3.40) s, 5.10 s CPU, 520 MB` */
function sideText({ samples }: MeasuredSide): string {
  const parts = [`${spreadText(spreadOf(samples.map(({ seconds }) => seconds)), 2)} s`];
  const processor = samples.flatMap(({ processorSeconds }) => processorSeconds ?? []);
  if (processor.length > 0) parts.push(`${spreadOf(processor).median.toFixed(2)} s CPU`);
  const peaks = samples.flatMap(({ peakMemory }) => peakMemory ?? []);
  if (peaks.length > 0) parts.push(`${(spreadOf(peaks).max / 1e6).toFixed(0)} MB`);
  return parts.join(", ");
}

function spreadText({ median, min, max }: Spread, digits: number): string {
  const [middle, least, most] = [median, min, max].map((value) => value.toFixed(digits));
  return least === most ? `${middle}` : `${middle} (${least}–${most})`;
}

async function describeMachine(): Promise<string[]> {
  const [{ model = "unknown processor" } = {}] = os.cpus();
  const gigabytes = Math.round(os.totalmem() / 2 ** 30);
  const [rclone, ssh] = await Promise.all([
    versionOf("rclone", ["version"], /^rclone (\S+)/m),
    versionOf("ssh", ["-V"], /(OpenSSH_[^ ,]+)/),
  ]);
  const duckdb = path.join(projectFolder, "node_modules", "@duckdb", "node-api", "package.json");
  const { version } = JSON.parse(await readFile(duckdb, "utf8")) as { version: string };
  return [
    `${model.trim()}, ${os.availableParallelism()} cores, ${gigabytes} GB, ${os.type()} ${os.release()}`,
    `Node.js ${process.versions.node}`,
    `rclone ${rclone}`,
    ssh,
    `@duckdb/node-api ${version}`,
  ];
}

async function versionOf(command: string, args: readonly string[], pattern: RegExp): Promise<string> {
  const { stdout, stderr } = await timeProcess({ command, args });
  return pattern.exec(`${stdout}\n${stderr}`)?.[1] ?? "unknown";
}
