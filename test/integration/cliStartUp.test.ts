import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildCommandLine, commandLine } from "../helpers/cli";

beforeAll(buildCommandLine);

/** The source files in a bundle and in the chunks that it imports before its first line runs. */
async function sourcesAtStart(file: string, seen = new Set<string>()): Promise<string[]> {
  if (seen.has(file)) return [];
  seen.add(file);
  const { sources } = JSON.parse(await readFile(`${file}.map`, "utf8")) as { sources: string[] };
  const code = await readFile(file, "utf8");
  const imported = [...code.matchAll(/\bimport(?:\{[^{}]*\}from)?"(\.\/[^"]+)"/g)].map(([, name = ""]) =>
    path.join(path.dirname(file), name),
  );
  const below = await Promise.all(imported.map((name) => sourcesAtStart(name, seen)));
  return [...sources, ...below.flat()];
}

async function packagesAtStart(file: string): Promise<Set<string>> {
  const sources = await sourcesAtStart(file);
  return new Set(sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []));
}

test("loads only the argument parser at start, and a command's packages when it is called", async () => {
  expect(await packagesAtStart(commandLine)).toEqual(new Set(["commander"]));
});

test.each(["run", "metrics"])(
  "%s loads server, engine and progress bar only when needed",
  async (command) => {
    const folder = path.dirname(commandLine);
    const isChunk = new RegExp(`^cli-${command}-\\w+\\.mjs$`);
    const name = (await readdir(folder)).find((each) => isChunk.test(each)) ?? "";
    const packages = await packagesAtStart(path.join(folder, name));

    expect(packages).toContain("zod");
    for (const later of ["ssh2", "@duckdb/node-api", "cli-progress"]) expect(packages).not.toContain(later);
  },
);
