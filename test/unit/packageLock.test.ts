import { expect, test } from "vitest";
import { dependencies } from "../../package.json";
import lock from "../../package-lock.json";

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
}

const entries = Object.entries<LockEntry>(lock.packages).filter(([place]) => place !== "");

// npm omits the hashes of other platforms' packages if it does not install them. To add one:
// npm view NAME@VERSION dist.integrity
test("every package in the lock file has its content hash, including those for other platforms", () => {
  const without = entries.filter(
    ([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ""),
  );
  expect(without.map(([place, { version }]) => `${place} ${version}`)).toEqual([]);
});

test("the lock file names no registry, so each machine can use its own", () => {
  expect(entries.filter(([, { resolved }]) => resolved !== undefined).map(([place]) => place)).toEqual([]);
});

test("every platform with a VSIX has its library in the lock file, all in one version", () => {
  const platforms = ["linux-x64", "linux-arm64", "linux-x64-musl", "linux-arm64-musl"].concat([
    "darwin-x64",
    "darwin-arm64",
    "win32-x64",
    "win32-arm64",
  ]);
  const packages: Readonly<Record<string, LockEntry>> = lock.packages;
  const versions = platforms.map((name) => packages[`node_modules/@duckdb/node-bindings-${name}`]?.version);
  expect(new Set(versions)).toEqual(new Set([packages["node_modules/@duckdb/node-bindings"]?.version]));
});

// The npm package contains DuckDB's JavaScript, and requires only the library from npm.
test("DuckDB's JavaScript and the required library have the same version", () => {
  expect(lock.packages["node_modules/@duckdb/node-api"].dependencies["@duckdb/node-bindings"]).toBe(
    dependencies["@duckdb/node-bindings"],
  );
});
