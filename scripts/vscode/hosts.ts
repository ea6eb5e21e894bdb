// The real VS Code versions that tests run in: `code-server` packages VS Code's server and web workbench for npm.

/** The parts of one host. */
export interface Recipe {
  /** Its exact VS Code version. */
  readonly vscode: string;
  /** The version of the npm package `code-server`. */
  readonly codeServer: string;
  /** The version of the npm package `node-linux-<arch>`: Node.js with its headers. */
  readonly node: string;
  /** Modules that must be compiled, or the server does not start. */
  readonly native: readonly string[];
}

export const recipes: Readonly<Record<"1.100" | "1.139", Recipe>> = {
  // The oldest VS Code that `engines.vscode` allows.
  "1.100": {
    vscode: "1.100.3",
    codeServer: "4.100.3",
    node: "20.20.2",
    native: ["node-pty", "@vscode/spdlog", "native-watchdog"],
  },
  1.139: {
    vscode: "1.139.1",
    codeServer: "4.139.1",
    node: "24.21.0",
    native: ["node-pty", "@vscode/spdlog", "@vscode/native-watchdog", "@vscode/sqlite3"],
  },
};

/** Compiles the native modules; installed in each host's folder, so that the machine needs none. */
export const nodeGyp = "11.4.2";

/** @throws if there is no such host */
export function recipeOf(version: string): Recipe {
  const all: Readonly<Record<string, Recipe>> = recipes;
  const recipe = all[version];
  if (recipe === undefined) {
    throw new Error(
      `There is no host for VS Code ${version}; there are ${Object.keys(recipes).join(" and ")}.`,
    );
  }
  return recipe;
}
