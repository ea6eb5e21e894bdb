import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { timeProcess } from "./measure";

/** An rclone to compare with. */
export interface Rclone {
  readonly command: string;
  /** `rclone v1.60.1` */
  readonly name: string;
}

/** The installed rclone, which may be years old if it came with the distribution. */
export async function installedRclone(): Promise<Rclone> {
  try {
    return await described("rclone");
  } catch (cause) {
    throw new Error("rclone is needed: install it (on Debian: apt-get install rclone).", { cause });
  }
}

/**
 * The newest rclone, built once with Go into the benchmarks' own folder, which takes minutes. If it cannot be built,
 * for example without Go or its modules, prints that and returns undefined.
 */
export async function newestRclone(projectFolder: string): Promise<Rclone | undefined> {
  const folder = path.join(projectFolder, ".cache", "bench");
  const command = path.join(folder, process.platform === "win32" ? "rclone.exe" : "rclone");
  try {
    if (!existsSync(command)) {
      console.error("  The newest rclone is being built, once; that takes some minutes.");
      await mkdir(folder, { recursive: true });
      const args = ["install", "github.com/rclone/rclone@latest"];
      await timeProcess({ command: "go", args, env: { GOBIN: folder } });
    }
    return await described(command);
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error);
    console.error(`  The newest rclone cannot be built, so it is left out: ${reason}`);
    return undefined;
  }
}

async function described(command: string): Promise<Rclone> {
  const { stdout } = await timeProcess({ command, args: ["version"] });
  return { command, name: /^rclone \S+/.exec(stdout)?.[0] ?? "rclone" };
}
