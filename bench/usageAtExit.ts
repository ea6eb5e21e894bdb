import { readFileSync, writeFileSync } from "node:fs";

/** The resources that a Node.js process used until its end. */
export interface Usage {
  /** Bytes. */
  readonly peakMemory: number;
  /** Seconds of all threads, in user and system mode. */
  readonly processorSeconds: number;
}

// Loaded before the measured program (`node --require`).
process.on("exit", () => {
  const target = process.env.BENCH_USAGE_FILE;
  if (target === undefined) return;
  const { user, system } = process.cpuUsage();
  const usage: Usage = { peakMemory: peakBytes(), processorSeconds: (user + system) / 1e6 };
  writeFileSync(target, JSON.stringify(usage));
});

function peakBytes(): number {
  try {
    // On Linux, `maxRSS` includes the parent's memory at the time of the fork; this does not.
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
