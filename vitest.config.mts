import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const unitTests = readdirSync(new URL("test/unit", import.meta.url)).map((name) => `test/unit/${name}`);
/** Those that replace whole modules, or work with the state of VS Code, which no other file may get. */
const apart = unitTests.filter((file) => /\bvi\.mock\(|vscodeStub/.test(readFileSync(file, "utf8")));

/** Conditions that soon hold may take longer on a busy machine. */
const expectations = { poll: { timeout: 20_000 } };

const unit = {
  expect: expectations,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  pool: "forks",
  setupFiles: "test/helpers/propertyTests.ts",
  // By default one core is left free.
  maxWorkers: availableParallelism(),
  sequence: { groupOrder: 0 },
} as const;
// Outside of VS Code there is no module of that name.
const resolve = {
  alias: { vscode: fileURLToPath(new URL("test/helpers/vscodeStub.ts", import.meta.url)) },
};

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        // Importing the program once per process instead of once per file saves a second or two for each.
        test: { ...unit, name: "unit", include: ["test/unit/**/*.test.ts"], exclude: apart, isolate: false },
      },
      { resolve, test: { ...unit, name: "unit-apart", include: apart } },
      {
        test: {
          name: "integration",
          expect: expectations,
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          pool: "forks",
          maxWorkers: 2,
          // Behind the unit tests, which take seconds each.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
