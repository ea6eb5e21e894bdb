// DuckDB's library for the platform that a VSIX is made for.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { verifiedPackage } from "../verifiedPackage";

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity?: string }>>;
}

/**
 * The folder of the package with DuckDB's library for a platform. For a platform other than this machine's it is
 * installed first, with version and hash from `package-lock.json`.
 *
 * @param root the project
 * @param name e.g. `@duckdb/node-bindings-win32-x64`
 */
export async function duckdbBinding(root: string, name: string): Promise<string> {
  const key = `node_modules/${name}`;
  const own = path.join(root, key);
  if (existsSync(own)) return own;
  const { packages } = JSON.parse(await readFile(path.join(root, "package-lock.json"), "utf8")) as LockFile;
  const locked = packages[key];
  if (locked === undefined) throw new Error(`DuckDB has no library for this platform (${name}).`);
  const { version, integrity } = locked;
  if (integrity === undefined) throw new Error(`package-lock.json has no hash for ${name} ${version}.`);
  return verifiedPackage(root, { name, version, integrity });
}
