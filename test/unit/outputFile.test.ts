import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, realpath, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { outputFile, writeOutput } from "../../src/basics/outputFile";
import { temporaryFolder } from "../helpers/temporaryFolder";

describe.skipIf(process.platform === "win32")("a file that the user named", () => {
  test("is written where it is, or where its link leads", async () => {
    const folder = await realpath(await temporaryFolder());
    const file = path.join(folder, "file.html");
    expect(await outputFile("The dashboard", file)).toBe(file);
    await writeFile(file, "before");
    expect(await outputFile("The dashboard", file)).toBe(file);
    const link = path.join(folder, "link.html");
    await symlink(file, link);
    expect(await outputFile("The dashboard", link)).toBe(file);
    expect(await readFile(link, "utf8")).toBe("before");
  });

  test("is replaced as a whole or not at all, and nothing is left behind", async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, "file.html");
    const write = (text: string) => (unfinished: string) =>
      writeFile(unfinished, text).then(() => text.length);
    expect(await writeOutput("The dashboard", file, write("before"))).toBe(6);
    const failing = (unfinished: string) =>
      write("after")(unfinished).then(() => Promise.reject(new Error("Full.")));
    await expect(writeOutput("The dashboard", file, failing)).rejects.toThrow("Full.");
    expect(await readdir(folder)).toEqual(["file.html"]);
    expect(await readFile(file, "utf8")).toBe("before");
  });

  test("is refused if it is a folder, a pipe, a device or a link to nothing", async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, "folder"));
    execFileSync("mkfifo", [path.join(folder, "pipe")]);
    await symlink(path.join(folder, "nowhere"), path.join(folder, "link"));
    for (const place of ["folder", "pipe", "link", "/dev/null"].map((name) => path.resolve(folder, name))) {
      await expect(outputFile("The dashboard", place)).rejects.toMatchObject({
        code: "io",
        subject: place,
        hint: place.endsWith("folder")
          ? "This is a folder: name a file in it."
          : "The path is not that of a file.",
      });
    }
  });
});
