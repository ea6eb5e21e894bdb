import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type * as vscode from "vscode";
import { errnoOf, unwritable } from "../../basics/errors";
import { makeFolder } from "../../basics/makeFolder";
import { pause } from "../../basics/pause";

const profileKey = "clever.profile";

/**
 * The key of the secrets that belong to the settings of this window. VS Code has one secret store for all machines and
 * profiles, but each machine on which extensions run (also by SSH, WSL or in a container) and each profile has its own
 * settings.
 *
 * @param folder the extension's folder on this machine, which all profiles share
 * @param profile the extension's state in this profile, which all machines share
 * @throws CleverLakeError with `io` if the folder has no key yet and cannot be written
 */
export async function secretsKey(folder: string, profile: vscode.Memento): Promise<string> {
  try {
    await makeFolder(folder);
    const machine = await idIn(path.join(folder, "machine-id"));
    return `clever.secrets.${machine}.${await profileId(path.join(folder, "new-profile"), profile)}`;
  } catch (cause) {
    throw unwritable("VS Code's storage for this extension", folder, cause);
  }
}

/** Milliseconds until other windows see a new value of the profile's state, with a wide margin. */
const stateDelay = 2000;

/**
 * The id in a profile's state. Windows do not see each other's changes of the state immediately, so one window of the
 * machine at a time gives a profile its id, and the others wait until they see it.
 * @param lockFile exists while a window does so; a window that is closed in the meantime leaves it behind
 */
async function profileId(lockFile: string, profile: vscode.Memento): Promise<string> {
  for (let attempts = (2 * stateDelay) / 10; ; attempts--) {
    const id = profile.get<string>(profileKey);
    if (id !== undefined) return id;
    if (await tryCreate(lockFile, "", attempts <= 0)) {
      await profile.update(profileKey, randomUUID());
      setTimeout(() => void rm(lockFile, { force: true }), stateDelay).unref();
    } else await pause(10);
  }
}

/** The id in a file, which is created if it does not exist. Several windows may do so at once. */
async function idIn(file: string, attempts = 100): Promise<string> {
  const id = await readFile(file, "utf8").catch(() => "");
  if (/^[0-9a-f-]{36}$/.test(id)) return id;
  // A file that stays empty was left behind by a window that was closed while it created it.
  await tryCreate(file, randomUUID(), attempts <= 0);
  await pause(10);
  return idIn(file, attempts - 1);
}

/** Creates a file; resolves to false if it exists and `overwrite` is not set. */
async function tryCreate(file: string, text: string, overwrite: boolean): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: overwrite ? "w" : "wx" });
    return true;
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    return false;
  }
}
