import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { cacheFolderOf } from "../../src/cli/participation";

const home = vi.hoisted(() => vi.fn<() => string>());
vi.mock("node:os", async (original) => ({ ...(await original<typeof import("node:os")>()), homedir: home }));

afterEach(() => vi.resetAllMocks());

test("the cache is in the user's home folder, or where the platform's variable says", () => {
  const folder = path.resolve("home");
  home.mockReturnValue(folder);
  expect(cacheFolderOf({}, "linux")).toBe(path.join(folder, ".cache", "clever-lake"));
  expect(cacheFolderOf({ XDG_CACHE_HOME: "relative" }, "linux")).toBe(
    path.join(folder, ".cache", "clever-lake"),
  );
  expect(cacheFolderOf({}, "darwin")).toBe(path.join(folder, "Library", "Caches", "clever-lake"));
  expect(cacheFolderOf({}, "win32")).toBe(path.join(folder, "AppData", "Local", "clever-lake", "Cache"));
  const other = path.resolve("other");
  expect(cacheFolderOf({ XDG_CACHE_HOME: other }, "linux")).toBe(path.join(other, "clever-lake"));
  expect(cacheFolderOf({ LOCALAPPDATA: other }, "win32")).toBe(path.join(other, "clever-lake", "Cache"));
});

test("without a home folder there is no cache, and none in the current folder", () => {
  home.mockReturnValue("");
  expect(cacheFolderOf({}, "linux")).toBe(false);
  home.mockImplementation(() => {
    throw new Error("uv_os_homedir returned ENOENT");
  });
  expect(cacheFolderOf({}, "linux")).toBe(false);
});
