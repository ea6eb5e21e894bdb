import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { CleverLakeError, errnoOf } from "../errors";

/** Runs a Windows program and resolves to its output. */
type Run = (program: string, args: readonly string[]) => Promise<string>;

const runSystemProgram: Run = async (program, args) => {
  // By its full path, so that no other program of that name is run.
  const file = path.join(process.env.SystemRoot ?? "C:\\Windows", "System32", program);
  const { stdout } = await promisify(execFile)(file, [...args], { windowsHide: true, timeout: 30_000 });
  return stdout;
};

/** The local system (backups, virus scanners) and the administrators, who can access any folder anyway. */
const always = ["*S-1-5-18", "*S-1-5-32-544"];

/** Queried once. */
let owner: Promise<string> | undefined;

/**
 * Creates a folder that only its owner can read; its contents inherit that. An existing folder stays as it is. Rejects
 * with `io` if access cannot be restricted, and then there is no folder.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  if (await isThere(folder)) return;
  if (process.platform !== "win32") {
    await fs.mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (errnoOf(error) !== "EEXIST") throw error;
    });
    return;
  }
  // It is renamed when access is restricted: a process that is killed in between leaves no open folder.
  const unfinished = `${folder}.${randomUUID()}`;
  await fs.mkdir(unfinished);
  try {
    await close(unfinished, folder);
    await fs.rename(unfinished, folder);
  } catch (error) {
    await fs.rmdir(unfinished).catch(() => undefined);
    // Another process was faster.
    if (!(await isThere(folder))) throw error;
  }
}

function isThere(folder: string): Promise<boolean> {
  return fs.stat(folder).then(
    () => true,
    () => false,
  );
}

async function close(folder: string, name: string): Promise<void> {
  try {
    owner ??= thisUser(runSystemProgram);
    await closeToOthers(folder, await owner, runSystemProgram);
  } catch (cause) {
    owner = undefined;
    throw new CleverLakeError("io", "The access list of a folder for identities could not be set.", {
      subject: name,
      hint: "Make this folder yourself, let only those into it who may see identities, and run again.",
      cause,
    });
  }
}

/** The user of this process, as access lists name users. */
export async function thisUser(run: Run): Promise<string> {
  const output = await run("whoami.exe", ["/user", "/fo", "csv", "/nh"]);
  const sid = /S-1-[\d-]+/.exec(output)?.[0];
  return sid === undefined ? output.trim() : `*${sid}`;
}

/** Gives a folder its own access list on Windows, which has no modes: a user, the system, the administrators. */
export async function closeToOthers(folder: string, user: string, run: Run): Promise<void> {
  const grants = [user, ...always].map((who) => `${who}:(OI)(CI)F`);
  await run("icacls.exe", [folder, "/inheritance:r", "/grant:r", ...grants]);
}
