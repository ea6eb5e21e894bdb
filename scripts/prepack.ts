// Run by `npm pack`: builds the package's contents, so that installing it builds nothing.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { buildCommandLine, buildExtension } from "../esbuild";
import { thirdPartyNotices } from "./vscode/notices";

const root = path.dirname(import.meta.dirname);

async function main(): Promise<void> {
  const inputs = [...(await buildCommandLine()), ...(await buildExtension())];
  await writeFile(path.join(root, "dist", "ThirdPartyNotices.txt"), await thirdPartyNotices(root, inputs));
}

void main();
