import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { scripts } from "../../package.json";
import { targets } from "../../scripts/package";

const root = path.resolve(import.meta.dirname, "..", "..");
const text = (file: string) => readFileSync(path.join(root, file), "utf8");

test("CI packs a VSIX for every target", () => {
  const [, list = ""] = /target:\n((?: +- .+\n)+)/.exec(text(".github/workflows/ci.yml")) ?? [];
  expect(list.match(/[\w-]+$/gm)).toEqual(Object.keys(targets));
});

test("CI calls only existing scripts", () => {
  const called = [...text(".github/workflows/ci.yml").matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name);
  expect(called.length).toBeGreaterThan(4);
  expect(called.filter((name) => !((name as string) in scripts))).toEqual([]);
});

test("every launch configuration has its task, which calls an existing script", () => {
  const { configurations } = JSON.parse(text(".vscode/launch.json")) as {
    configurations: { preLaunchTask?: string }[];
  };
  const { tasks } = JSON.parse(text(".vscode/tasks.json")) as { tasks: { label: string; script?: string }[] };
  const needed = configurations.flatMap(({ preLaunchTask }) => preLaunchTask ?? []);
  const labels = tasks.map(({ label }) => label);
  expect(labels).toEqual(expect.arrayContaining(needed));
  expect(tasks.flatMap(({ script }) => script ?? []).filter((script) => !(script in scripts))).toEqual([]);
});
