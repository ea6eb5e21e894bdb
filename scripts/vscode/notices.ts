// The licences of bundled packages, which must be distributed with them.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/**
 * @param root the project
 * @param inputs the source files in the bundles
 * @returns name, version and licence text of each package, by name
 * @throws if a package states no licence
 */
export async function thirdPartyNotices(root: string, inputs: readonly string[]): Promise<string> {
  const folders = new Set(
    inputs.flatMap((input) => {
      const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
      return match?.[1] === undefined ? [] : [match[1]];
    }),
  );
  const parts = await Promise.all(
    [...folders].sort().map(async (folder) => {
      const { name, version, license } = JSON.parse(
        await readFile(path.join(root, folder, "package.json"), "utf8"),
      ) as { name: string; version: string; license?: string };
      const file = (await readdir(path.join(root, folder))).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined && license === undefined) throw new Error(`${folder} states no licence.`);
      const text =
        file === undefined ? `License: ${license}` : await readFile(path.join(root, folder, file), "utf8");
      return `${name} ${version}\n${"-".repeat(72)}\n${text.trim()}\n`;
    }),
  );
  return `This program contains the following packages.\n\n${parts.join("\n")}`;
}
