import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { errnoOf } from "./errors";

/**
 * Identifies the set of processes in which this process's id is unique: the machine and, on Linux, its boot and the
 * container. A host name is not enough: containers can share one or get a new one each time, and the first process of
 * each has the id 1.
 */
export const processSpace: string = createHash("sha256").update(description()).digest("hex").slice(0, 16);

function description(): string {
  try {
    const start = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${hostname()} ${start} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/** Whether a process with this id runs in this process's space. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}
