// Packages that are not installed with the project's own, such as those made for another platform.
import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * The folder of a package in the project's `.cache`, where npm installs it once. npm refuses it when its contents do not
 * have the hash.
 *
 * @param {string} root the project
 * @typedef {{ readonly name: string, readonly version: string, readonly integrity: string }} Wanted `integrity` as a lock
 *   file has it
 * @param {Wanted} wanted
 * @param {readonly Wanted[]} needed packages that it needs, installed beside it
 * @returns {Promise<string>}
 */
export async function verifiedPackage(root, wanted, needed = []) {
  const all = [wanted, ...needed];
  const { name, version } = wanted;
  const hashes = all.map(({ integrity }) => integrity).join("\n");
  const hash = createHash("sha256").update(hashes).digest("hex").slice(0, 12);
  const home = path.join(root, ".cache", "packages", `${path.basename(name)}-${version}-${hash}`);
  const found = path.join(home, "node_modules", name);
  if (existsSync(found)) return found;
  // Installed aside and moved into place when it is complete: an installation that fails leaves nothing behind.
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
    // Forced, because npm refuses a package that is made for another platform; that does not switch the check off.
    const args = ["ci", "--force", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const { status } = spawnSync("npm", args, {
      cwd: fresh,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    });
    if (status !== 0)
      throw new Error(`npm could not install ${name} ${version} with the hashes that are known.`);
    await rename(fresh, home).catch((error) => {
      // Another process was faster.
      if (!existsSync(found)) throw error;
    });
    return found;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
