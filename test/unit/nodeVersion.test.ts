import { expect, test } from "vitest";
import { engines } from "../../package.json";
import { requireNode } from "../../src/cli/nodeVersion";

test.each(["18.20.8", "20.9.0", "8.17.0"])("Node.js %s is refused by its name and place", (version) => {
  expect(() => requireNode(version, ">=20.15")).toThrowError(
    expect.objectContaining({
      code: "config",
      message: `Node.js ${version} is too old; 20.15 is the oldest that works.`,
      subject: process.execPath,
    }),
  );
});

test.each(["20.15.0", "20.20.2", "22.0.0", "100.0.0"])("Node.js %s is accepted", (version) => {
  expect(() => requireNode(version, ">=20.15")).not.toThrow();
});

test("the package's own range is understood", () => {
  expect(() => requireNode("20.14.0", engines.node)).toThrow();
  expect(() => requireNode(process.versions.node, engines.node)).not.toThrow();
});
