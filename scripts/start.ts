// npm start: opens VS Code with the extension, connected to the sample district.
//   npm start -- --browser   in the browser, even if a desktop VS Code is installed
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildExtension } from "../esbuild";
import { makeVsix } from "./package";
import { fail } from "./program";
import { type Host, startHost, workbenchUrl } from "./vscodeHost";

const root = path.dirname(import.meta.dirname);
/** The extension reads this on activation and runs its command `clever.trySample`. */
const env = { CLEVER_LAKE_TRY_SAMPLE: "1" };

/** The path of the `code` command of a desktop VS Code. */
function installedCode(): string | undefined {
  const endings = process.platform === "win32" ? [".cmd"] : [""];
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .flatMap((folder) => endings.map((ending) => path.join(folder, `code${ending}`)))
    .find((file) => existsSync(file));
}

/** Opens a new window with its own settings; the user's settings and windows are not touched. */
async function openDesktop(code: string): Promise<void> {
  await buildExtension();
  const own = path.join(root, ".cache", "start");
  const workspace = path.join(own, "workspace");
  await mkdir(workspace, { recursive: true });
  const args = [
    `--extensionDevelopmentPath=${root}`,
    `--user-data-dir=${path.join(own, "user")}`,
    `--extensions-dir=${path.join(own, "extensions")}`,
    "--new-window",
    "--disable-workspace-trust",
    workspace,
  ];
  // On Windows, a .cmd file runs in the shell, which needs its arguments quoted.
  const windows = process.platform === "win32";
  const quoted = (text: string) => (windows ? `"${text}"` : text);
  const child = spawn(quoted(code), args.map(quoted), {
    env: { ...process.env, ...env },
    stdio: "inherit",
    shell: windows,
  });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 1));
  });
}

/** Serves VS Code to a local browser until interrupted. */
async function openBrowser(): Promise<void> {
  const { vsix } = await makeVsix();
  const workspace = await mkdtemp(path.join(tmpdir(), "clever-lake-start-"));
  const interrupted = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
  });
  let host: Host | undefined;
  try {
    host = await startHost({ version: "1.139", vsix: [vsix], env });
    console.log(`\nVS Code ${host.vscode} with the extension: ${workbenchUrl(host, { folder: workspace })}`);
    console.log("Open it in a browser on this machine. Press Ctrl+C to stop.");
    await interrupted;
  } finally {
    await host?.stop();
    await rm(workspace, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { browser: { type: "boolean", default: false } } });
  const code = values.browser ? undefined : installedCode();
  await (code === undefined ? openBrowser() : openDesktop(code));
}

main().catch(fail);
