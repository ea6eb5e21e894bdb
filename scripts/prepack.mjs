// Run by `npm pack`: builds the package's contents, so that installing it builds nothing.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildCommandLine, buildExtension } from "../esbuild.mjs";
import { thirdPartyNotices } from "./vscode/notices.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

async function main() {
  const inputs = [...(await buildCommandLine()), ...(await buildExtension())];
  await writeFile(path.join(root, "dist", "ThirdPartyNotices.txt"), await thirdPartyNotices(root, inputs));
}

void main();
