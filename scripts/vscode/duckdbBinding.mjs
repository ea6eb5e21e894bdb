// DuckDB's library for the platform that a VSIX is made for.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { verifiedPackage } from "../verifiedPackage.mjs";

/**
 * The folder of the package with DuckDB's library for a platform. For a platform other than this machine's it is
 * installed first, with version and hash from `package-lock.json`.
 *
 * @param {string} root the project
 * @param {string} name e.g. `@duckdb/node-bindings-win32-x64`
 * @returns {Promise<string>} its folder
 */
export async function duckdbBinding(root, name) {
  const key = `node_modules/${name}`;
  const own = path.join(root, key);
  if (existsSync(own)) return own;
  const { packages } = JSON.parse(await readFile(path.join(root, "package-lock.json"), "utf8"));
  if (packages[key] === undefined) throw new Error(`DuckDB has no library for this platform (${name}).`);
  const { version, integrity } = packages[key];
  if (integrity === undefined) throw new Error(`package-lock.json has no hash for ${name} ${version}.`);
  return verifiedPackage(root, { name, version, integrity });
}
