import { spawn, spawnSync } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { Usage } from "./usageAtExit";

/** One measurement of one side. */
export interface Sample extends Partial<Usage> {
  /** Wall-clock time. */
  readonly seconds: number;
}

/** What is measured, with untimed steps before and after. */
export interface Side {
  readonly name: string;
  readonly prepare?: () => Promise<void>;
  readonly run: () => Promise<Sample>;
  readonly clean?: () => Promise<void>;
}

export interface MeasuredSide {
  readonly name: string;
  readonly samples: readonly Sample[];
}

/**
 * Measures sides in turns (A B A B …), so that other load on the machine affects all alike, after one turn that is
 * not counted.
 */
export async function takeTurns(sides: readonly Side[], runs: number): Promise<MeasuredSide[]> {
  const samples = sides.map((): Sample[] => []);
  for (let turn = 0; turn <= runs; turn++) {
    for (const [index, side] of sides.entries()) {
      await side.prepare?.();
      // Otherwise, pending writes of the previous side would slow down this one.
      spawnSync("sync");
      const sample = await side.run();
      await side.clean?.();
      if (turn > 0) samples[index]?.push(sample);
      console.error(`  ${side.name}: ${sampleText(sample)} (${turn > 0 ? `${turn}/${runs}` : "warm-up"})`);
    }
  }
  return sides.map(({ name }, index) => ({ name, samples: samples[index] ?? [] }));
}

/** `3.120 s, 5.10 s CPU, 520 MB` */
function sampleText({ seconds, processorSeconds, peakMemory }: Sample): string {
  const processor = processorSeconds ? `, ${processorSeconds.toFixed(2)} s CPU` : "";
  const memory = peakMemory ? `, ${Math.round(peakMemory / 1e6)} MB` : "";
  return `${seconds.toFixed(3)} s${processor}${memory}`;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface TimedProcess extends Sample {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a process to its end and measures wall-clock time; rejects unless it exits with 0. */
export async function timeProcess({ command, args, env }: Command): Promise<TimedProcess> {
  const start = process.hrtime.bigint();
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const status = await ended;
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const stderr = Buffer.concat(errors).toString("utf8");
  if (status !== 0) {
    throw new Error(
      `${path.basename(command)} ${args[0] ?? ""} ended with ${status}: ${stderr.slice(-2000)}`,
    );
  }
  return { seconds, stdout: Buffer.concat(output).toString("utf8"), stderr };
}

/** Like `timeProcess`, for a Node.js program, with its resource usage; `folder` briefly holds a file. */
export async function timeNode(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TimedProcess> {
  const usageFile = path.join(folder, "usage.json");
  const sample = await timeProcess({
    command: process.execPath,
    args: ["--require", path.join(__dirname, "usageAtExit.js"), ...args],
    env: { ...env, BENCH_USAGE_FILE: usageFile },
  });
  const usage = JSON.parse(await readFile(usageFile, "utf8")) as Usage;
  await rm(usageFile);
  return { ...sample, ...usage };
}
