import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type * as vscode from "vscode";
import { errnoOf } from "../../basics/errors";
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
 */
export async function secretsKey(folder: string, profile: vscode.Memento): Promise<string> {
  await makeFolder(folder);
  const machine = await idIn(path.join(folder, "machine-id"));
  return `clever.secrets.${machine}.${await profileId(path.join(folder, "new-profile"), profile)}`;
}

/** How long other windows take to see a new value of the profile's state, with a wide margin. */
const spread = 2000;

/**
 * The id in a profile's state. Windows that start together see each other's changes of the state only after a while, so
 * one window of the machine at a time gives a profile its id, and the others wait until they see it.
 * @param turn exists while a window does so; one that ended meanwhile leaves it
 */
async function profileId(turn: string, profile: vscode.Memento): Promise<string> {
  for (let attempts = (2 * spread) / 10; ; attempts--) {
    const id = profile.get<string>(profileKey);
    if (id !== undefined) return id;
    if (await isCreated(turn, "", attempts <= 0)) {
      await profile.update(profileKey, randomUUID());
      setTimeout(() => void rm(turn, { force: true }), spread).unref();
    } else await pause(10);
  }
}

/** The id in a file, which is created if it does not exist. Several windows may do so at once. */
async function idIn(file: string, attempts = 100): Promise<string> {
  const id = await readFile(file, "utf8").catch(() => "");
  if (/^[0-9a-f-]{36}$/.test(id)) return id;
  // A file that stays empty was left by a window that ended while it created it.
  await isCreated(file, randomUUID(), attempts <= 0);
  await pause(10);
  return idIn(file, attempts - 1);
}

/** Writes a file unless it exists, or in any case; resolves to whether it was written. */
async function isCreated(file: string, text: string, inAnyCase: boolean): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: inAnyCase ? "w" : "wx" });
    return true;
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    return false;
  }
}
