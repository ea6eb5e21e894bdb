import { existsSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { makeVsix } from "../../scripts/package";
import { findChromium, prepareHost } from "../../scripts/vscodeHost";

declare module "vitest" {
  export interface ProvidedContext {
    /** Path of the packaged extension, and the problems that scripts/package.ts finds. */
    vsix: string;
    packageProblems: readonly string[];
  }
}

/**
 * Before the tests: VS Code, Chromium and the VSIX. `CLEVER_LAKE_VSIX` names an existing one, which saves
 * ten seconds when only tests have changed.
 */
export default async function setup({ provide }: TestProject): Promise<void> {
  findChromium();
  await prepareHost("1.139");
  const made = process.env.CLEVER_LAKE_VSIX;
  if (made !== undefined && existsSync(made)) {
    provide("vsix", made);
    provide("packageProblems", []);
    return;
  }
  const { vsix, problems } = await makeVsix();
  provide("vsix", vsix);
  provide("packageProblems", problems);
}
