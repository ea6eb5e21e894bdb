import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { CleverLakeError, errnoOf } from "../basics/errors";
import { exists } from "./disk";
import type { Lake } from "./lake";
import { identityFileSystems } from "./lakePath";

/** Runs a Windows program and resolves to its output. */
type Run = (program: string, args: readonly string[]) => Promise<string>;

const runSystemProgram: Run = async (program, args) => {
  // The full path ensures that no other program of that name is run.
  const file = path.join(process.env.SystemRoot ?? "C:\\Windows", "System32", program);
  const { stdout } = await promisify(execFile)(file, [...args], { windowsHide: true, timeout: 30_000 });
  return stdout;
};

/** The local system (backups, virus scanners) and the administrators, which can access any folder anyway. */
const alwaysAllowed = ["*S-1-5-18", "*S-1-5-32-544"];

/** Queried once. */
let owner: Promise<string> | undefined;

/**
 * Creates a folder that only its owner can read; its contents inherit this. An existing folder is not changed.
 * Rejects with `io` if access cannot be restricted; then the folder is not created.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  if (await exists(folder)) return;
  if (process.platform !== "win32") {
    await fs.mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (errnoOf(error) !== "EEXIST") throw error;
    });
    return;
  }
  // Renamed only after access is restricted, so that a killed process leaves no accessible folder under this name.
  const unfinished = `${folder}.${randomUUID()}`;
  await fs.mkdir(unfinished);
  try {
    await close(unfinished, folder);
    await fs.rename(unfinished, folder);
  } catch (error) {
    await fs.rmdir(unfinished).catch(() => undefined);
    // Unless another process created it first.
    if (!(await exists(folder))) throw error;
  }
}

/**
 * The file systems with identities that other users of this machine can enter, with their modes in octal digits. A
 * mounted file system may have modes of its own, whatever a folder is created with. On Windows, access lists decide.
 */
export async function openToOthers(lake: Pick<Lake, "localPath">): Promise<ReadonlyMap<string, string>> {
  const open = new Map<string, string>();
  for (const name of process.platform === "win32" ? [] : identityFileSystems) {
    const place = lake.localPath(name);
    const stats = place === undefined ? undefined : await fs.stat(place).catch(() => undefined);
    const mode = (stats?.mode ?? 0) & 0o777;
    if ((mode & 0o077) !== 0) open.set(name, mode.toString(8));
  }
  return open;
}

async function close(folder: string, name: string): Promise<void> {
  try {
    owner ??= thisUser(runSystemProgram);
    await restrictToUser(folder, await owner, runSystemProgram);
  } catch (cause) {
    owner = undefined;
    throw new CleverLakeError("io", "Access to a folder with identities could not be restricted.", {
      subject: name,
      hint: "Create this folder yourself, give access only to people who may see identities, and run again.",
      cause,
    });
  }
}

/** The user of this process, in the notation of access lists. */
export async function thisUser(run: Run): Promise<string> {
  const output = await run("whoami.exe", ["/user", "/fo", "csv", "/nh"]);
  const sid = /S-1-[\d-]+/.exec(output)?.[0];
  return sid === undefined ? output.trim() : `*${sid}`;
}

/**
 * Gives a folder its own access list on Windows, which has no file modes: the user, the system, the administrators.
 */
export async function restrictToUser(folder: string, user: string, run: Run): Promise<void> {
  const grants = [user, ...alwaysAllowed].map((who) => `${who}:(OI)(CI)F`);
  await run("icacls.exe", [folder, "/inheritance:r", "/grant:r", ...grants]);
}
