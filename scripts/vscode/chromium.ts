// A Chromium that shows the workbench.
import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Finds Chromium or Chrome; installs it if that is possible without asking (root on Debian or Ubuntu).
 *
 * @returns its path
 * @throws if there is none and none can be installed
 */
export function findChromium(): string {
  const found = installed();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    console.error("Installing chromium (apt-get) …");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const options: SpawnSyncOptions = { stdio: ["ignore", 2, 2], env };
    const aptOptions = ["-q", "-o", "DPkg::Lock::Timeout=120"];
    spawnSync("apt-get", ["update", ...aptOptions], options);
    spawnSync("apt-get", ["install", "-y", "--no-install-recommends", ...aptOptions, "chromium"], options);
  }
  const chrome = installed();
  if (chrome !== undefined) return chrome;
  throw new Error(
    "No Chromium was found, so VS Code cannot be opened. Install chromium or Google Chrome, " +
      "or set CHROMIUM_PATH to one.",
  );
}

function installed(): string | undefined {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const places = [
    process.env.CHROMIUM_PATH,
    ...names.flatMap((name) => folders.map((folder) => path.join(folder, name))),
    chromium.executablePath(),
  ];
  return places.find((place) => place !== undefined && place !== "" && existsSync(place));
}

/** Its path and launch options: headless, and without network requests of its own. */
export function chromiumOptions() {
  return {
    executablePath: findChromium(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  };
}

/** Starts it headless. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch(chromiumOptions());
}
