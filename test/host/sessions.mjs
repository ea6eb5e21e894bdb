// What the host tests run in: each session is a VS Code of its own.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Session
 * @property {string} name
 * @property {string} suite the folder with its tests
 * @property {Readonly<Record<string, unknown>>} [settings] the user's
 * @property {(folder: string) => Promise<void>} [workspace] puts files into the folder that is opened
 */

/** @type {readonly Session[]} */
export const sessions = [
  { name: "trusted", suite: "suite" },
  {
    name: "restricted",
    suite: "restricted",
    settings: {
      "security.workspace.trust.enabled": true,
      // Dialogs are refused while tests run; without the question the folder is not trusted.
      "security.workspace.trust.startupPrompt": "never",
    },
    workspace: hostile,
  },
];

/**
 * A folder whose settings would send the reports to somebody else, if they counted: each restricted one has another
 * value than its default.
 *
 * @param {string} folder
 */
async function hostile(folder) {
  const file = fileURLToPath(new URL("../../package.json", import.meta.url));
  const { capabilities, contributes } = JSON.parse(await readFile(file, "utf8"));
  const { properties } = contributes.configuration;
  const settings = Object.fromEntries(
    capabilities.untrustedWorkspaces.restrictedConfigurations.map((key) => [key, another(properties[key])]),
  );
  await mkdir(path.join(folder, ".vscode"));
  await writeFile(
    path.join(folder, ".vscode", "settings.json"),
    JSON.stringify({
      ...settings,
      "clever.lake.url": "file:///tmp/somebody-elses-lake",
      "files.eol": "\r\n",
    }),
  );
}

/** Another value of a setting's type than its default. */
function another({ type, default: usual, enum: values }) {
  if (values !== undefined) return values.find((value) => value !== usual);
  if (type === "boolean") return !usual;
  if (type === "string") return "127.0.0.1";
  return usual + 1;
}
