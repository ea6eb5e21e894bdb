import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { CleverLakeError } from "../errors";

/** Names for temporary files and folders, from which the next process sees whether their maker is still alive. */
export class ScratchNames {
  private swept: Promise<void> | undefined;

  constructor(private readonly folder: string) {}

  /** A new name in the folder, which is made; what processes of this machine left there that are gone is removed first. */
  async next(): Promise<string> {
    this.swept ??= sweep(this.folder);
    await this.swept;
    return path.join(this.folder, `${process.pid}@${hostname()}@${randomUUID()}`);
  }
}

/**
 * Makes sure that a folder is this user's own and nobody else may look into it; rejects with `io` otherwise. In a shared
 * place such as `/tmp`, somebody else can have made it first.
 */
export async function requirePrivate(folder: string): Promise<void> {
  const user = process.getuid?.();
  if (user === undefined) return;
  const stats = await fs.lstat(folder);
  if (stats.isDirectory() && stats.uid === user && (stats.mode & 0o077) === 0) return;
  throw new CleverLakeError("io", "The folder for temporary copies is not yours alone.", {
    subject: folder,
    hint: "Remove it, or set TMPDIR to a folder of your own.",
  });
}

async function sweep(folder: string): Promise<void> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await fs.readdir(folder)) {
    const [pid = "", host = ""] = name.split("@");
    if (host !== hostname() || isAlive(Number(pid))) continue;
    // What another program holds stays for the next sweep: no write is to fail over it.
    await fs.rm(path.join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Whether a process with this id runs on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
