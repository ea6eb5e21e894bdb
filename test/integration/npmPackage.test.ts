import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { version } from "../../package.json";
import { projectFolder } from "../helpers/markdown";
import { temporaryFolder } from "../helpers/temporaryFolder";

const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];

function run(program: string, args: readonly string[], cwd: string) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  return { status, stdout, stderr };
}

/** Packs a copy of the container build's inputs, so that no other test uses `dist` while it is built. */
let packed = "";
let file = "";
beforeAll(async () => {
  packed = await mkdtemp(path.join(tmpdir(), "clever-lake-test-"));
  const copy = path.join(packed, "project");
  await mkdir(copy);
  const taken = (await readFile(path.join(projectFolder, ".containerignore"), "utf8")).match(/(?<=^!).+$/gm);
  await Promise.all(
    (taken ?? []).map((name) =>
      cp(path.join(projectFolder, name), path.join(copy, name), { recursive: true }),
    ),
  );
  await symlink(path.join(projectFolder, "node_modules"), path.join(copy, "node_modules"), "junction");
  // `prepack` of package.json without the installation, which would change the project through the link.
  const built = run(process.execPath, ["--import", "tsx", "scripts/prepack.ts"], copy);
  expect(built.status, built.stderr).toBe(0);
  const { status, stderr } = run(
    "npm",
    ["pack", "--ignore-scripts", "--pack-destination", packed, ...quiet],
    copy,
  );
  expect(status, stderr).toBe(0);
  file = path.join(packed, `clever-lake-${version}.tgz`);
});
afterAll(() => rm(packed, { recursive: true, force: true }));

test("the package installs and runs in an empty folder, without a build", async () => {
  const folder = await temporaryFolder();
  const prefix = path.join(folder, "prefix");
  const empty = path.join(folder, "empty");
  await Promise.all([mkdir(prefix), mkdir(empty)]);
  const installed = run("npm", ["install", "-g", "--prefix", prefix, ...quiet, file], empty);
  expect(installed.status, installed.stderr).toBe(0);

  // Only DuckDB's library, and the package that selects it, come from elsewhere.
  const home = path.join(
    prefix,
    ...(process.platform === "win32" ? [] : ["lib"]),
    "node_modules",
    "clever-lake",
  );
  expect((await readdir(path.join(home, "node_modules"))).filter((name) => !name.startsWith("."))).toEqual([
    "@duckdb",
    "detect-libc",
  ]);
  expect(await readdir(path.join(home, "dist"))).toEqual(
    expect.arrayContaining(["ThirdPartyNotices.txt", "azure-identity.js", "azure-storage.js"]),
  );

  const program = path.join(prefix, process.platform === "win32" ? "clever-lake.cmd" : "bin/clever-lake");
  expect(run(program, ["--version"], empty).stdout.trim()).toBe(version);
  const lake = path.join(folder, "lake");
  const demo = run(program, ["demo", "--days", "2", "--keep", lake], empty);
  expect(demo.status, demo.stderr).toBe(0);
  const config = path.join(lake, "clever-lake.json");
  expect(demo.stdout).toContain(`--config ${config}`);
  const page = run(
    program,
    ["--config", config, "dashboard", "--out", "usage.html", "--language", "es", "--no-cache"],
    empty,
  );
  expect(page.status, page.stderr).toBe(0);
  expect(await readFile(path.join(empty, "usage.html"), "utf8")).toContain('lang="es"');
});

test("npx runs the package file", async () => {
  const folder = await temporaryFolder();
  const { status, stdout, stderr } = run(
    "npx",
    ["--yes", "--prefer-offline", "--package", file, "clever-lake", "--version"],
    folder,
  );
  expect(status, stderr).toBe(0);
  expect(stdout.trim()).toBe(version);
});
