// Real VS Code on a machine without a desktop: prepares, starts and opens it.
//   node scripts/vscodeHost.mjs prepare [1.100|1.139]…
//   node scripts/vscodeHost.mjs start 1.100|1.139 [a.vsix]…
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findChromium } from "./vscode/chromium.mjs";
import { recipes } from "./vscode/hosts.mjs";
import { prepareHost } from "./vscode/prepareHost.mjs";
import { startHost } from "./vscode/startHost.mjs";

export { chromiumOptions, findChromium, launchChromium } from "./vscode/chromium.mjs";
export { prepareHost, startHost };

/**
 * The address that opens a folder in a host.
 *
 * @param {{ url: string }} host
 * @param {object} options
 * @param {string} [options.folder] path of the workspace
 * @param {string} [options.extension] path of an extension's source, loaded in development mode
 * @param {string} [options.tests] path of a module whose `run()` is called in the extension host
 * @returns {string}
 */
export function workbenchUrl(host, { folder, extension, tests } = {}) {
  const { host: authority, href } = new URL(host.url);
  const url = new URL(href);
  const remote = (file) => `vscode-remote://${authority}${encodeURI(file)}`;
  const payload = [];
  if (extension !== undefined) payload.push(["extensionDevelopmentPath", remote(extension)]);
  if (tests !== undefined) payload.push(["extensionTestsPath", remote(tests)]);
  if (folder === undefined) url.searchParams.set("ew", "true");
  else url.searchParams.set("folder", folder);
  if (payload.length > 0) url.searchParams.set("payload", JSON.stringify(payload));
  return url.href;
}

async function main([command, ...args]) {
  if (command === "prepare") {
    console.log(`chromium: ${findChromium()}`);
    for (const version of args.length > 0 ? args : Object.keys(recipes)) {
      const { vscode, serverMain } = await prepareHost(version);
      console.log(`VS Code ${vscode}: ${serverMain}`);
    }
    return;
  }
  if (command === "start" && args[0] !== undefined) {
    const [version, ...vsix] = args;
    const interrupted = new Promise((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
    });
    const host = await startHost({ version, vsix });
    console.log(`VS Code ${host.vscode}: ${workbenchUrl(host)} (Ctrl+C to stop)`);
    await interrupted;
    await host.stop();
    return;
  }
  throw new Error("Usage: node scripts/vscodeHost.mjs prepare [version…] | start <version> [vsix…]");
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}
