import assert from "node:assert/strict";
import { extensions } from "vscode";

interface Manifest {
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope: string }>> };
  };
}

export function manifest(): Manifest {
  const extension = extensions.getExtension("clever-lake.clever-lake");
  assert.ok(extension, "The extension is there.");
  return extension.packageJSON;
}

/** The settings that no folder can set, without `clever.`. */
export function settingsOfTheUser(): readonly string[] {
  return Object.entries(manifest().contributes.configuration.properties)
    .filter(([, { scope }]) => scope === "machine" || scope === "application")
    .map(([key]) => key.replace(/^clever\./, ""));
}
