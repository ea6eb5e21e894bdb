import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { openPromise } from "yauzl";

const inVsix = "extension/";

/**
 * Extracts the extension's files from a VSIX, as VS Code does on installation.
 *
 * @param folder parent of the `extension` folder
 * @returns the extension's folder
 */
export async function unpackVsix(vsix: string, folder: string): Promise<string> {
  const zip = await openPromise(vsix);
  for await (const entry of zip.eachEntry()) {
    if (!entry.fileName.startsWith(inVsix) || entry.fileName.endsWith("/")) continue;
    const target = path.join(folder, entry.fileName);
    await mkdir(path.dirname(target), { recursive: true });
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
  }
  return path.join(folder, inVsix);
}
