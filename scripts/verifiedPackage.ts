// Packages that are not among the project's installed ones, such as those for another platform.
import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

export interface WantedPackage {
  readonly name: string;
  readonly version: string;
  /** As in a lock file. */
  readonly integrity: string;
}

/**
 * The folder of a package in the project's `.cache`, where npm installs it once. npm rejects it if its hash differs.
 *
 * @param root the project
 * @param needed its dependencies, installed with it
 */
export async function verifiedPackage(
  root: string,
  wanted: WantedPackage,
  needed: readonly WantedPackage[] = [],
): Promise<string> {
  const all = [wanted, ...needed];
  const { name, version } = wanted;
  const hashes = all.map(({ integrity }) => integrity).join("\n");
  const hash = createHash("sha256").update(hashes).digest("hex").slice(0, 12);
  const home = path.join(root, ".cache", "packages", `${path.basename(name)}-${version}-${hash}`);
  const found = path.join(home, "node_modules", name);
  if (existsSync(found)) return found;
  // Installed elsewhere and moved into place when complete: a failed installation leaves nothing behind.
  const fresh = `${home}-${randomUUID()}`;
  try {
    await mkdir(fresh, { recursive: true });
    const dependencies = Object.fromEntries(all.map((each) => [each.name, each.version]));
    const packages = {
      "": { dependencies },
      ...Object.fromEntries(
        all.map((each) => [
          `node_modules/${each.name}`,
          { version: each.version, integrity: each.integrity },
        ]),
      ),
    };
    await writeFile(path.join(fresh, "package.json"), JSON.stringify({ private: true, dependencies }));
    await writeFile(
      path.join(fresh, "package-lock.json"),
      JSON.stringify({ lockfileVersion: 3, requires: true, packages }),
    );
    // npm refuses a package for another platform without --force; the hash is still checked.
    const args = ["ci", "--force", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const { status } = spawnSync("npm", args, {
      cwd: fresh,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    });
    if (status !== 0) throw new Error(`npm could not install ${name} ${version} with the expected hashes.`);
    await rename(fresh, home).catch((error: unknown) => {
      // Another process finished first.
      if (!existsSync(found)) throw error;
    });
    return found;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
