import { stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../../src/basics/makeFolder";
import { temporaryFolder } from "../helpers/temporaryFolder";

test("a folder and its parents are created with the mode; an existing one is left unchanged", async () => {
  const folder = path.join(await temporaryFolder(), "a", "b");
  await Promise.all([makeFolder(folder, 0o700), makeFolder(path.join(folder, "c"), 0o700)]);
  await makeFolder(folder, 0o755);
  const modes = await Promise.all(["", "..", "c"].map((name) => stat(path.join(folder, name))));
  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
});

test("a file in its place is an error", async () => {
  const file = path.join(await temporaryFolder(), "file");
  await writeFile(file, "");
  await expect(makeFolder(file)).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(path.join(file, "a"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

test.runIf(process.platform === "linux")(
  "a place where nothing can be created ends with an error",
  async () => {
    await expect(makeFolder("/proc/1/.cache/a")).rejects.toMatchObject({ code: "ENOENT" });
  },
);
