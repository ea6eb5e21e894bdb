import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { CleverLakeError, isCleverLakeError, translateSystemError } from "./errors";
import { makeFolder } from "./makeFolder";
import { isAlive, processSpace } from "./processSpace";

/** Temporary files of this age belong to no living process, on any machine. */
export const leftoverAgeMilliseconds = 24 * 60 * 60_000;

const ownPrefix = `${process.pid}@${processSpace}@`;

/** Process id, process space, and a random part. Files with other names are not ours and are never removed. */
const ownName = /^(?<pid>\d{1,10})@(?<space>[^@]+)@[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Names for temporary files and folders in a folder that processes on several machines may share. Leftovers of killed
 * processes are removed: at once if the process was on this machine, otherwise when they are a day old.
 */
export class ScratchNames {
  private swept: Promise<void> | undefined;

  constructor(
    private readonly folder: string,
    /** Creates the folder; rejects if it must not be used. */
    private readonly make = (folder: string): Promise<void> => makeFolder(folder, 0o700),
  ) {}

  /** A new name in the folder, which is created. */
  async next(): Promise<string> {
    await this.ready();
    return path.join(this.folder, newName());
  }

  /** Creates the folder and removes leftovers from it; once. */
  ready(): Promise<void> {
    this.swept ??= this.make(this.folder)
      .then(() => sweep(this.folder))
      .catch((error: unknown) => {
        this.swept = undefined;
        throw error;
      });
    return this.swept;
  }

  /** Entries of the folder from other processes. */
  async others(): Promise<string[]> {
    const names = await fs.readdir(this.folder).catch(() => []);
    return names.filter((name) => !name.startsWith(ownPrefix));
  }
}

/**
 * A new empty folder in the machine's temporary folder, readable by its owner only. The caller removes it; if the
 * process is killed, a later process does.
 */
export async function machineScratch(): Promise<string> {
  const parent = path.join(tmpdir(), `clever-lake-${userName()}`);
  // Systems remove folders that were unused for a few days, and VS Code may run for longer.
  const known = existsSync(parent) ? machineNames.get(parent) : undefined;
  const names = known ?? new ScratchNames(parent, makeOwnFolder);
  machineNames.set(parent, names);
  try {
    const folder = await names.next();
    await fs.mkdir(folder, { mode: 0o700 });
    return folder;
  } catch (cause) {
    const error = translateSystemError(cause);
    if (isCleverLakeError(error)) throw error;
    throw new CleverLakeError("io", "The folder for temporary copies cannot be created.", {
      subject: parent,
      hint: "Set TMPDIR to a folder that exists and is writable.",
      cause,
    });
  }
}

const machineNames = new Map<string, ScratchNames>();

/** Containers can run under a user id without a name. */
function userName(): string {
  try {
    return userInfo().username.replaceAll(/\W/g, "_");
  } catch {
    return String(process.getuid?.() ?? "user");
  }
}

/**
 * Creates a folder that is this user's own and that nobody else can read; rejects with `io` otherwise. In a shared
 * place such as `/tmp`, another user can have created it first.
 */
async function makeOwnFolder(folder: string): Promise<void> {
  await makeFolder(folder, 0o700);
  const user = process.getuid?.();
  if (user === undefined) return;
  const stats = await fs.lstat(folder);
  if (stats.isDirectory() && stats.uid === user && (stats.mode & 0o077) === 0) return;
  throw new CleverLakeError("io", "The folder for temporary copies is not yours alone.", {
    subject: folder,
    hint: "Remove it, or set TMPDIR to a folder of your own.",
  });
}

function newName(): string {
  return `${ownPrefix}${randomUUID()}`;
}

/** Removes leftovers of killed processes. Failures are ignored: they must not stop this process from working. */
async function sweep(folder: string): Promise<void> {
  const names = (await fs.readdir(folder)).filter((name) => ownName.test(name));
  if (names.length === 0) return;
  const newestToRemove = (await clockOf(folder)) - leftoverAgeMilliseconds;
  for (const name of names) {
    const place = path.join(folder, name);
    if (!isOfDeadProcess(name) && (await lastChange(place)) > newestToRemove) continue;
    await fs.rm(place, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * The time of the clock that dates the folder's files, in milliseconds: a shared folder uses another machine's clock.
 */
async function clockOf(folder: string): Promise<number> {
  const probe = path.join(folder, newName());
  try {
    await fs.writeFile(probe, "", { flag: "wx", mode: 0o600 });
    return (await fs.stat(probe)).mtimeMs;
  } finally {
    await fs.rm(probe, { force: true });
  }
}

/** When something was last created or removed in a folder or one level below, or a file was last written. */
async function lastChange(place: string): Promise<number> {
  const within = await fs.readdir(place).catch(() => []);
  const places = [place, ...within.map((name) => path.join(place, name))];
  const times = await Promise.all(
    places.map((each) =>
      fs.lstat(each).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}

function isOfDeadProcess(name: string): boolean {
  const { pid, space } = ownName.exec(name)?.groups ?? {};
  return space === processSpace && !isAlive(Number(pid));
}
