// npm run test:electron: the host tests inside a desktop VS Code, on a machine that can download it (or has one:
// VSCODE_PATH). Options: --version 1.100.3 (default), stable, insiders.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { runTests } from "@vscode/test-electron";
import { fail } from "./program";
import { recipes } from "./vscode/hosts";
import { buildHostTests, root } from "./vscode/hostTests";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { version: { type: "string", default: recipes["1.100"].vscode }, grep: { type: "string" } },
  });
  const extensionTestsPath = await buildHostTests();
  const results = path.join(root, "out", "test-results", "electron.xml");
  await mkdir(path.dirname(results), { recursive: true });
  const temporary = await mkdtemp(path.join(tmpdir(), "clever-lake-electron-"));
  try {
    const workspace = path.join(temporary, "workspace");
    await mkdir(workspace);
    process.exitCode = await runTests({
      ...(process.env.VSCODE_PATH === undefined
        ? { version: values.version, cachePath: path.join(root, ".cache", "vscode-test") }
        : { vscodeExecutablePath: process.env.VSCODE_PATH }),
      extensionDevelopmentPath: root,
      extensionTestsPath,
      extensionTestsEnv: {
        CLEVER_LAKE_TEST_RESULTS: results,
        ...(values.grep === undefined ? {} : { CLEVER_LAKE_TEST_GREP: values.grep }),
      },
      launchArgs: [
        workspace,
        `--user-data-dir=${path.join(temporary, "user")}`,
        `--extensions-dir=${path.join(temporary, "extensions")}`,
        "--disable-workspace-trust",
        "--skip-welcome",
        "--skip-release-notes",
      ],
    });
  } catch (error) {
    fail(error);
    console.error("The desktop VS Code could not run the tests. Without one, use `npm run test:host`.");
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

main().catch(fail);
