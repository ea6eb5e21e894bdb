// Real VS Code on a machine without a desktop: prepares, starts and opens it.
//   node --import tsx scripts/vscodeHost.ts prepare [1.100|1.139]…
//   node --import tsx scripts/vscodeHost.ts start 1.100|1.139 [a.vsix]…
import { fail, isProgram } from "./program";
import { findChromium } from "./vscode/chromium";
import { recipes } from "./vscode/hosts";
import { prepareHost } from "./vscode/prepareHost";
import { startHost } from "./vscode/startHost";

export { chromiumOptions, findChromium, launchChromium } from "./vscode/chromium";
export type { Host } from "./vscode/startHost";
export { prepareHost, startHost };

export interface WorkbenchOptions {
  /** Path of the workspace. */
  readonly folder?: string;
  /** Path of an extension's source, loaded in development mode. */
  readonly extension?: string;
  /** Path of a module whose `run()` is called in the extension host. */
  readonly tests?: string;
}

/** The address that opens a folder in a host. */
export function workbenchUrl(
  host: { readonly url: string },
  { folder, extension, tests }: WorkbenchOptions = {},
): string {
  const { host: authority, href } = new URL(host.url);
  const url = new URL(href);
  const remote = (file: string) => `vscode-remote://${authority}${encodeURI(file)}`;
  const payload: [string, string][] = [];
  if (extension !== undefined) payload.push(["extensionDevelopmentPath", remote(extension)]);
  if (tests !== undefined) payload.push(["extensionTestsPath", remote(tests)]);
  if (folder === undefined) url.searchParams.set("ew", "true");
  else url.searchParams.set("folder", folder);
  if (payload.length > 0) url.searchParams.set("payload", JSON.stringify(payload));
  return url.href;
}

async function main([command, ...args]: readonly string[]): Promise<void> {
  if (command === "prepare") {
    console.log(`chromium: ${findChromium()}`);
    for (const version of args.length > 0 ? args : Object.keys(recipes)) {
      const { vscode, serverMain } = await prepareHost(version);
      console.log(`VS Code ${vscode}: ${serverMain}`);
    }
    return;
  }
  const [version, ...vsix] = args;
  if (command === "start" && version !== undefined) {
    const interrupted = new Promise((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
    });
    const host = await startHost({ version, vsix });
    console.log(`VS Code ${host.vscode}: ${workbenchUrl(host)} (Ctrl+C to stop)`);
    await interrupted;
    await host.stop();
    return;
  }
  throw new Error(
    "Usage: node --import tsx scripts/vscodeHost.ts prepare [version…] | start <version> [vsix…]",
  );
}

if (isProgram(import.meta.filename)) main(process.argv.slice(2)).catch(fail);
