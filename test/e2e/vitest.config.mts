import path from "node:path";
import { defineConfig } from "vitest/config";

const root = path.resolve(import.meta.dirname, "../..");

export default defineConfig({
  test: {
    root,
    name: "e2e",
    include: ["test/e2e/**/*.test.ts"],
    globalSetup: "test/e2e/packageExtension.ts",
    testTimeout: 600_000,
    // A busy machine can delay VS Code beyond any timeout. The reporter marks each test that is run again.
    retry: process.env.CI ? 1 : 0,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 90_000 } },
    pool: "forks",
    // Each file has its own VS Code and Chromium.
    maxWorkers: 1,
    reporters: ["default", "junit"],
    outputFile: { junit: path.join(root, "out/test-results/e2e.xml") },
  },
});
