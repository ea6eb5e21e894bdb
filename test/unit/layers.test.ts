import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const ground = ["src/clever", "src/sftp", "src/lake", "src/delta", "src/duck"];
const job = ["src/pipeline", "src/dashboard", "src/assets", "src/sample"];

/**
 * The layers in ARCHITECTURE.md: which folder may import which. A folder may import itself, `src/basics` and
 * `package.json`. `*` stands for the files of a folder without those of its folders; `type` for types only, which leave
 * nothing in the program.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  // pages in webviews
  "media/dashboard": [
    "src/dashboard/*",
    "src/dashboard/export",
    "type src/clever/reports.ts",
    "type src/protocol",
  ],
  "media/preview": ["type src/protocol"],
  // messages between pages and the extension
  "src/protocol": ["src/dashboard/*", "src/dashboard/export"],
  // front ends
  "src/extension.ts": ["src/ui"],
  "src/ui": [
    "src/engine/client",
    "src/engine/messages",
    "src/protocol",
    "src/dashboard/*",
    "src/dashboard/export",
    "src/config.ts",
  ],
  "src/engine/client": ["src/engine/messages"],
  "src/engine/messages": [...job, "src/lake", "src/config.ts", "type src/protocol"],
  "src/engine/server": [
    "src/engine/messages",
    "src/connect",
    "src/spark",
    ...job,
    ...ground,
    "src/config.ts",
    "type src/protocol",
  ],
  "src/cli.ts": ["src/cli", ...job, ...ground],
  "src/cli": ["src/connect", "src/spark", ...job, ...ground, "src/config.ts"],
  // opens what a configuration names, for both front ends
  "src/connect": ["src/clever", "src/sftp", "src/lake", "src/config.ts"],
  // the job
  "src/spark": ["src/pipeline", "src/clever", "src/lake", "src/delta", "src/duck", "src/config.ts"],
  "src/pipeline": [...ground, "type src/config.ts"],
  "src/dashboard": ["src/clever", "src/lake", "src/delta", "src/duck", "src/config.ts"],
  "src/assets": ["src/clever", "src/lake"],
  "src/sample": ["src/clever"],
  // The values of its keys are defined by their users.
  "src/config.ts": ["src/clever/reports.ts", "src/dashboard/opening.ts", "src/lake"],
  // the ground
  "src/delta": ["src/lake", "src/duck"],
  "src/clever": [],
  "src/sftp": [],
  "src/lake": [],
  "src/duck": [],
  "src/basics": [],
};

/** Packages that only one folder imports. */
const owners: Readonly<Record<string, RegExp>> = {
  vscode: /^src\/(ui\/|extension\.ts)/,
  ssh2: /^src\/sftp\//,
  "ssh2-sftp-client": /^src\/sftp\//,
  "@duckdb/node-api": /^src\/duck\//,
  "@azure/storage-file-datalake": /^src\/lake\/adls\//,
  "@azure/identity": /^src\/lake\/adls\//,
  "vscode-jsonrpc": /^src\/engine\//,
  commander: /^src\/cli(\.ts|\/)/,
  "cli-progress": /^src\/cli\//,
  lit: /^media\//,
  echarts: /^media\/dashboard\//,
};

interface Import {
  readonly file: string;
  readonly what: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const statement = /^(?:import|export) (type )?(?:[^"';]*? from )?"([^"]+)"|\bimport\("([^"]+)"\)/gm;
  return [...readFileSync(file, "utf8").matchAll(statement)].map(([, type, named, loaded]) => ({
    file,
    what: resolved(file, named ?? loaded ?? ""),
    typeOnly: type !== undefined,
  }));
}

/** A file by its path from the project's folder, or a package by its name. */
function resolved(file: string, name: string): string {
  if (!name.startsWith(".")) return name;
  const place = path.posix.join(path.posix.dirname(file), name);
  return existsSync(place) ? place : `${place}.ts`;
}

const files = ["src", "media"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.posix.join(folder, name.replaceAll("\\", "/"))),
);
const imports = files.flatMap(importsOf);

const homeOf = (file: string) =>
  Object.keys(arrows).find((place) => file === place || file.startsWith(`${place}/`));

function covers(arrow: string, { what, typeOnly }: Import): boolean {
  if (arrow.startsWith("type ")) return typeOnly && covers(arrow.slice(5), { file: "", what, typeOnly });
  if (arrow.endsWith("/*")) return path.posix.dirname(what) === arrow.slice(0, -2);
  return what === arrow || what.startsWith(`${arrow}/`);
}

function isAllowed(each: Import): boolean {
  if (!/^(src|media|package\.json)/.test(each.what)) return true;
  const home = homeOf(each.file);
  return (
    home !== undefined &&
    [home, "src/basics", "package.json", ...(arrows[home] ?? [])].some((arrow) => covers(arrow, each))
  );
}

const textOf = ({ file, what }: Import) => `${file} imports ${what}`;

test("dependencies point down", () => {
  expect(imports.length).toBeGreaterThan(1000);
  expect(imports.filter((each) => !isAllowed(each)).map(textOf)).toEqual([]);
});

test("every folder of the program is in a layer", () => {
  expect(files.filter((file) => homeOf(file) === undefined)).toEqual([]);
});

test("a package has one home", () => {
  const packageOf = (name: string) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(name)?.[0] ?? "";
  const foreign = imports.filter(({ file, what }) => owners[packageOf(what)]?.test(file) === false);
  expect(foreign.map(textOf)).toEqual([]);
});

test("the program imports nothing of tests, benchmarks and scripts", () => {
  expect(imports.filter(({ what }) => /^(test|bench|scripts|\.\.)\//.test(what)).map(textOf)).toEqual([]);
});
