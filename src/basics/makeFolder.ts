import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { errnoOf } from "./errors";

/**
 * Creates a folder and its missing parents. The option `recursive` of Node.js never returns if the parent exists but
 * nothing can be created in it, as below `/proc`. By default, only its owner can change what is in it, whatever the
 * umask: others could replace a lake's folders by their own.
 */
export async function makeFolder(folder: string, mode = 0o755): Promise<void> {
  const make = () =>
    mkdir(folder, { mode }).catch(async (error: unknown) => {
      const there = await stat(folder).catch(() => undefined);
      if (!there?.isDirectory()) throw error;
    });
  try {
    await make();
  } catch (error) {
    const parent = path.dirname(folder);
    if (errnoOf(error) !== "ENOENT" || parent === folder) throw error;
    await makeFolder(parent, mode);
    await make();
  }
}
