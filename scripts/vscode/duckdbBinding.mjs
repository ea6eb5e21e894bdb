// DuckDB's library for the platform that a VSIX is made for.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * Where the package with DuckDB's library for one platform is, after installing it beside the project's own packages
 * when it is for another platform than this one.
 *
 * @param {string} root the project
 * @param {string} name e.g. `@duckdb/node-bindings-win32-x64`
 * @returns {Promise<string>} its folder
 */
export async function duckdbBinding(root, name) {
  const own = path.join(root, "node_modules", name);
  if (existsSync(own)) return own;
  const bindings = path.join(root, "node_modules", "@duckdb", "node-bindings", "package.json");
  const version = JSON.parse(await readFile(bindings, "utf8")).optionalDependencies[name];
  if (version === undefined) throw new Error(`DuckDB has no library for this platform (${name}).`);
  const folder = path.join(root, ".cache", "duckdb", `${path.basename(name)}-${version}`);
  const found = path.join(folder, "node_modules", name);
  if (!existsSync(found)) {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "package.json"), JSON.stringify({ private: true }));
    // Forced, because npm refuses a package that is made for another platform.
    const args = ["install", "--force", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const { status } = spawnSync("npm", [...args, `${name}@${version}`], {
      cwd: folder,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    });
    if (status !== 0) throw new Error(`npm could not install ${name} ${version}.`);
  }
  return found;
}
