import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const cache = path.resolve(import.meta.dirname, "..", "..", ".cache");

/**
 * A folder in the project's `.cache` with external software that tests need, installed once.
 * @param requirements what to install, in full: if it differs from last time, everything is installed again
 */
export async function installedOnce(
  name: string,
  requirements: string,
  install: (folder: string) => void,
): Promise<string> {
  const home = path.join(cache, name);
  const stamp = path.join(home, "requirements.txt");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === requirements) return home;
  // Installed elsewhere and moved into place when complete, so interrupted or concurrent installations do no harm.
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

/** Prints a warning that tests are skipped, with the reason; in CI, where nothing may be skipped, throws instead. */
export function leftOut(what: string, error: unknown): undefined {
  const message = `LEFT OUT: ${what} ${error instanceof Error ? error.message : String(error)}`;
  if (process.env.CI) throw new Error(message);
  console.error(`\n*** ${message}\n`);
}
