import { readFileSync, writeFileSync } from "node:fs";

/** What a process of Node took until its end. */
export interface Usage {
  /** Bytes. */
  readonly peakMemory: number;
  /** Seconds of all threads, in the program and in the system on its behalf. */
  readonly processorSeconds: number;
}

// Loaded before the program that is measured (`node --require`).
process.on("exit", () => {
  const target = process.env.BENCH_USAGE_FILE;
  if (target === undefined) return;
  const { user, system } = process.cpuUsage();
  const usage: Usage = { peakMemory: peakBytes(), processorSeconds: (user + system) / 1e6 };
  writeFileSync(target, JSON.stringify(usage));
});

function peakBytes(): number {
  try {
    // Linux counts the memory of the parent at the time of the fork into `maxRSS`, but not into this.
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
