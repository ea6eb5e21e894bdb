import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type * as vscode from "vscode";
import { errnoOf } from "../../basics/errors";
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
  await mkdir(folder, { recursive: true });
  const machine = await idIn(path.join(folder, "machine-id"));
  if (profile.get(profileKey) === undefined) await profile.update(profileKey, randomUUID());
  return `clever.secrets.${machine}.${profile.get<string>(profileKey)}`;
}

/** The id in a file, which is created if it does not exist. Several windows may do so at once. */
async function idIn(file: string, attempts = 100): Promise<string> {
  const id = await readFile(file, "utf8").catch(() => "");
  if (/^[0-9a-f-]{36}$/.test(id)) return id;
  // A file that stays empty was left by a window that ended while it created it.
  await writeFile(file, randomUUID(), { flag: attempts > 0 ? "wx" : "w" }).catch((error: unknown) => {
    if (errnoOf(error) !== "EEXIST") throw error;
  });
  await pause(10);
  return idIn(file, attempts - 1);
}
