import path from "node:path";
import { expect, test } from "vitest";
import { folderAddressFault, folderOf } from "../../src/lake/folderAddress";

test.each([
  "file:///C:/data/lake",
  "file:///c:/data/my%20lake",
  "file://server/share/lake",
  "C:\\data\\lake",
  "c:/data/lake",
  "\\\\server\\share",
  "//server/share/lake",
  "\\\\192.168.0.1\\share\\lake",
])("%s is a lake's folder on Windows", (address) => {
  expect(folderAddressFault(address, "win32")).toBeUndefined();
});

test.each([
  ["file:///data/lake", "a drive or a share"],
  ["file:C", "a drive or a share"],
  ["/data/lake", "full path"],
  ["\\data\\lake", "full path"],
  ["C:lake", "full path"],
  ["lake", "full path"],
  ["\\\\server", "full path"],
  ["\\\\?\\C:\\lake", "full path"],
  ["\\\\.\\pipe\\lake", "full path"],
  [`C:\\${"long folder\\".repeat(12)}`, "no more than 125 characters"],
])("%s is not a lake's folder on Windows", (address, reason) => {
  expect(folderAddressFault(address, "win32")).toContain(reason);
});

test.each(["file:///data/lake", "file:///data/my%20lake%20%C3%BC", "/data/lake"])(
  "%s is a lake's folder elsewhere",
  (address) => {
    expect(folderAddressFault(address, "linux")).toBeUndefined();
  },
);

test.each([
  ["file:///C:/data/lake", "a Windows drive letter"],
  ["C:\\data\\lake", "a Windows drive letter"],
  ["file://server/share", "file:///"],
  ["file:///data/lake#2", "%23"],
  ["file:///data/lake?", "%3F"],
  ["file:///data/100%", "%25"],
  ["\\\\server\\share", "full path"],
  ["data/lake", "full path"],
  ["/data/lake ", "not begin or end with a space"],
  [" file:///data/lake", "not begin or end with a space"],
])("%j is not a lake's folder elsewhere", (address, reason) => {
  expect(folderAddressFault(address, "linux")).toContain(reason);
});

test.runIf(process.platform !== "win32")("special characters stay part of the folder", () => {
  expect(folderOf("file:///data/lake%20%232%3F%20100%25")).toBe("/data/lake #2? 100%");
  expect(folderOf("/data/lake #2? 100%")).toBe("/data/lake #2? 100%");
});

test("a URL and a path give the same folder", () => {
  const folder = path.resolve("somewhere");
  expect(folderOf("somewhere")).toBe(folder);
  expect(folderOf(folder)).toBe(folder);
});
