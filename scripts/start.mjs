// npm start: opens VS Code with the extension, connected to the sample district.
//   npm start -- --browser   in the browser, even if a desktop VS Code is installed
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildExtension } from "../esbuild.mjs";
import { makeVsix } from "./package.mjs";
import { startHost, workbenchUrl } from "./vscodeHost.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** The extension reads this on activation and runs its command `clever.trySample`. */
const env = { CLEVER_LAKE_TRY_SAMPLE: "1" };

/** The path of the `code` command of a desktop VS Code. */
function installedCode() {
  const endings = process.platform === "win32" ? [".cmd"] : [""];
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .flatMap((folder) => endings.map((ending) => path.join(folder, `code${ending}`)))
    .find((file) => existsSync(file));
}

/** Opens a new window with its own settings; the user's settings and windows are not touched. */
async function openDesktop(code) {
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
  const quoted = (text) => (windows ? `"${text}"` : text);
  const child = spawn(quoted(code), args.map(quoted), {
    env: { ...process.env, ...env },
    stdio: "inherit",
    shell: windows,
  });
  process.exitCode = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 1));
  });
}

/** Serves VS Code to a local browser until interrupted. */
async function openBrowser() {
  const { vsix } = await makeVsix();
  const workspace = await mkdtemp(path.join(tmpdir(), "clever-lake-start-"));
  const interrupted = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
  });
  let host;
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

try {
  const { values } = parseArgs({ options: { browser: { type: "boolean", default: false } } });
  const code = values.browser ? undefined : installedCode();
  await (code === undefined ? openBrowser() : openDesktop(code));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
