// The real VS Codes that tests run in: `code-server` is VS Code's own server and web workbench as an npm package.

/**
 * @typedef {object} Recipe What one host is made of.
 * @property {string} vscode the exact VS Code inside
 * @property {string} codeServer version of the npm package `code-server`
 * @property {string} node version of the npm package `node-linux-<arch>`: a Node.js with its headers
 * @property {readonly string[]} native modules that have to be compiled, or the server does not start
 */

/** @type {Readonly<Record<"1.100" | "1.139", Recipe>>} */
export const recipes = {
  // The oldest VS Code of `engines.vscode`.
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

/** Compiles the native modules; installed in each host's folder, so that none is needed on the machine. */
export const nodeGyp = "11.4.2";

/**
 * @param {string} version
 * @returns {Recipe}
 * @throws when there is no such host
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
