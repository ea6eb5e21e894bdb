// The sessions of the host tests, each a separate VS Code.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { capabilities, contributes } from "../../package.json";

export interface Session {
  readonly name: string;
  /** The folder with its tests. */
  readonly suite: string;
  /** The user's. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Puts files into the opened folder. */
  workspace(folder: string): Promise<void>;
}

/** Where a setting counts. */
interface Scope {
  readonly scope: string;
  /** Whether a folder that is not trusted cannot set it. */
  readonly restricted: boolean;
}

/** What the manifest says of a setting. */
interface Property {
  readonly scope: string;
  readonly type: string;
  readonly default: unknown;
  readonly enum?: readonly string[];
}

export const sessions: readonly Session[] = [
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
const ofTheUser = ({ scope }: Scope) => scope === "machine" || scope === "application";

/**
 * A folder whose settings would send the reports to somebody else, if they counted: each one that must not count has a
 * value other than its default.
 */
async function hostile(folder: string, mustNotCount: (setting: Scope) => boolean): Promise<void> {
  const properties = Object.entries<Property>(contributes.configuration.properties);
  const { restrictedConfigurations } = capabilities.untrustedWorkspaces;
  const settings = Object.fromEntries(
    properties
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
function another({ type, default: usual, enum: values }: Property): unknown {
  if (values !== undefined) return values.find((value) => value !== usual);
  if (type === "boolean") return !usual;
  if (type === "string") return "127.0.0.1";
  // For numbers, a lower group size would do harm.
  return usual === 0 ? 1 : Number(usual) - 1;
}
