// The sessions of the host tests, each a separate VS Code.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Session
 * @property {string} name
 * @property {string} suite the folder with its tests
 * @property {Readonly<Record<string, unknown>>} [settings] the user's
 * @property {(folder: string) => Promise<void>} [workspace] puts files into the opened folder
 */

/** @type {readonly Session[]} */
export const sessions = [
  { name: "trusted", suite: "suite", workspace: (folder) => hostile(folder, ofTheUser) },
  {
    name: "restricted",
    suite: "restricted",
    settings: {
      "security.workspace.trust.enabled": true,
      // Dialogs are refused while tests run; without the trust prompt, the folder is not trusted.
      "security.workspace.trust.startupPrompt": "never",
    },
    workspace: (folder) => hostile(folder, (setting) => ofTheUser(setting) || setting.restricted),
  },
];

/** Settings that no folder can set. */
const ofTheUser = ({ scope }) => scope === "machine" || scope === "application";

/**
 * A folder whose settings would send the reports to somebody else, if they counted: each one that must not count has a
 * value other than its default.
 *
 * @param {string} folder
 * @param {(setting: { scope: string, restricted: boolean }) => boolean} mustNotCount
 */
async function hostile(folder, mustNotCount) {
  const file = fileURLToPath(new URL("../../package.json", import.meta.url));
  const { capabilities, contributes } = JSON.parse(await readFile(file, "utf8"));
  const { properties } = contributes.configuration;
  const { restrictedConfigurations } = capabilities.untrustedWorkspaces;
  const settings = Object.fromEntries(
    Object.entries(properties)
      .filter(([key, { scope }]) =>
        mustNotCount({ scope, restricted: restrictedConfigurations.includes(key) }),
      )
      .map(([key, property]) => [key, another(property)]),
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

/** A value of a setting's type other than its default. */
function another({ type, default: usual, enum: values }) {
  if (values !== undefined) return values.find((value) => value !== usual);
  if (type === "boolean") return !usual;
  if (type === "string") return "127.0.0.1";
  // For numbers, a lower group size would do harm.
  return usual === 0 ? 1 : usual - 1;
}
