import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { ZippedFile } from "./storedZip";

/** The modules of the Python package in a folder with its name. Rejects with the errors of Node.js. */
export async function pythonPackage(folder: string): Promise<ZippedFile[]> {
  const modules = (await readdir(folder)).filter((name) => name.endsWith(".py")).sort();
  const zipped = async (name: string) => ({
    name: `${path.basename(folder)}/${name}`,
    bytes: await readFile(path.join(folder, name)),
  });
  return Promise.all(modules.map(zipped));
}
