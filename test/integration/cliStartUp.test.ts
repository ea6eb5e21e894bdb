import { readFile } from "node:fs/promises";
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
  const imported = [...code.matchAll(/^(?:import .*?|\} from )"(\.[^"]+)";$/gms)].map(([, name = ""]) =>
    path.join(path.dirname(file), name),
  );
  const below = await Promise.all(imported.map((name) => sourcesAtStart(name, seen)));
  return [...sources, ...below.flat()];
}

test("starts with the parser of its arguments, and loads a command's packages when it is called", async () => {
  const sources = await sourcesAtStart(commandLine);
  const packages = sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);

  expect(new Set(packages)).toEqual(new Set(["commander"]));
});
