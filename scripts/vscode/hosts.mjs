// The real VS Code versions that tests run in: `code-server` packages VS Code's server and web workbench for npm.

/**
 * @typedef {object} Recipe The parts of one host.
 * @property {string} vscode its exact VS Code version
 * @property {string} codeServer version of the npm package `code-server`
 * @property {string} node version of the npm package `node-linux-<arch>`: Node.js with its headers
 * @property {readonly string[]} native modules that must be compiled, or the server does not start
 */

/** @type {Readonly<Record<"1.100" | "1.139", Recipe>>} */
export const recipes = {
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

/**
 * @param {string} version
 * @returns {Recipe}
 * @throws if there is no such host
 */
export function recipeOf(version) {
  const recipe = recipes[/** @type {keyof typeof recipes} */ (version)];
  if (recipe === undefined) {
    throw new Error(
      `There is no host for VS Code ${version}; there are ${Object.keys(recipes).join(" and ")}.`,
    );
  }
  return recipe;
}
