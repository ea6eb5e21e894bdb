import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { CleverLakeError, errnoOf } from "../errors";

/** Runs a program of Windows and resolves to what it says. */
type Run = (program: string, args: readonly string[]) => Promise<string>;

const runSystemProgram: Run = async (program, args) => {
  // By its full path: a program of that name elsewhere is not to be run.
  const file = path.join(process.env.SystemRoot ?? "C:\\Windows", "System32", program);
  const { stdout } = await promisify(execFile)(file, [...args], { windowsHide: true, timeout: 30_000 });
  return stdout;
};

/** The local system (backups, virus scanners) and the administrators, who can take any folder anyhow. */
const always = ["*S-1-5-18", "*S-1-5-32-544"];

/** Asked once. */
let owner: Promise<string> | undefined;

/**
 * Makes a folder that nobody but its owner may look into; what comes into it inherits that. Where it is there already, it
 * stays as it is. Rejects with `io` where it cannot be closed to others, and then there is no folder.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  if (await isThere(folder)) return;
  if (process.platform !== "win32") {
    await fs.mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (errnoOf(error) !== "EEXIST") throw error;
    });
    return;
  }
  // It gets its name when it is closed: a process that is killed in between leaves none that is open.
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

/** The one who runs this process, as access lists name people. */
export async function thisUser(run: Run): Promise<string> {
  const said = await run("whoami.exe", ["/user", "/fo", "csv", "/nh"]);
  const sid = /S-1-[\d-]+/.exec(said)?.[0];
  return sid === undefined ? said.trim() : `*${sid}`;
}

/** Gives a folder an access list of its own on Windows, which has no modes: a user, the system, the administrators. */
export async function closeToOthers(folder: string, user: string, run: Run): Promise<void> {
  const grants = [user, ...always].map((who) => `${who}:(OI)(CI)F`);
  await run("icacls.exe", [folder, "/inheritance:r", "/grant:r", ...grants]);
}
