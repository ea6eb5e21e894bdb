import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const cache = path.resolve(import.meta.dirname, "..", "..", ".cache");

/**
 * A folder of the project's `.cache` with something that tests need from elsewhere, installed once; resolves to it.
 * @param requirements what is to be installed, in full: other requirements than last time are installed again
 */
export async function installedOnce(
  name: string,
  requirements: string,
  install: (folder: string) => void,
): Promise<string> {
  const home = path.join(cache, name);
  const stamp = path.join(home, "requirements.txt");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === requirements) return home;
  // Made aside and moved into place when it is whole, so that a cut-off or simultaneous installation does no harm.
  const fresh = `${home}-${randomUUID()}`;
  try {
    await mkdir(cache, { recursive: true });
    install(fresh);
    await writeFile(path.join(fresh, "requirements.txt"), requirements);
    await rm(home, { recursive: true, force: true });
    await rename(fresh, home).catch((error: unknown) => {
      if (!existsSync(stamp)) throw error;
    });
    return home;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Says loudly that tests are left out, and why; in CI, where nothing may be left out, throws instead. */
export function leftOut(what: string, error: unknown): undefined {
  const message = `LEFT OUT: ${what} ${error instanceof Error ? error.message : String(error)}`;
  if (process.env.CI) throw new Error(message);
  console.error(`\n*** ${message}\n`);
}
