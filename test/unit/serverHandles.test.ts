import { realpath, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { ServerHandles } from "../../src/sftp/server/serverHandles";
import { temporaryFolder } from "../helpers/temporaryFolder";

const opened = vi.hoisted((): { fd: number }[] => []);
vi.mock("node:fs/promises", async (original) => {
  const actual = await original<typeof import("node:fs/promises")>();
  const noting: typeof actual.open = async (...parameters) => {
    const file = await actual.open(...parameters);
    opened.push(file);
    return file;
  };
  return { ...actual, open: noting };
});

test("a file that is being opened when the session ends is closed", async () => {
  const folder = await realpath(await temporaryFolder());
  await writeFile(path.join(folder, "a.csv"), "a");
  const handles = new ServerHandles(folder);
  const opening = handles.openFile("/a.csv");
  await handles[Symbol.asyncDispose]();
  await expect(opening).rejects.toThrow("no such file");
  // A closed file has no number any more.
  expect(opened.map(({ fd }) => fd)).toEqual([-1]);
});
