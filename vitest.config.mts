import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        // Outside of VS Code there is no module of that name.
        resolve: { alias: { vscode: fileURLToPath(new URL("test/helpers/vscodeStub.ts", import.meta.url)) } },
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          pool: "forks",
          // By default one core is left free.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "integration",
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
