import { homedir } from "node:os";
import { afterEach, expect, test } from "vitest";
import { askLocalPath, isOnUsersMachine } from "../../src/ui/pages/localFiles";
import { answers, calls, env, Uri, workspace } from "../helpers/vscodeStub";

afterEach(() => {
  workspace.workspaceFolders = undefined;
  calls.length = 0;
});

const github = { uri: { scheme: "vscode-vfs", authority: "github", path: "/org/repository" } };
const local = { uri: Uri.file("/work") };

test.each([
  [undefined, homedir()],
  [[github], homedir()],
  [[github, local], "/work"],
])("in a workspace of %j, a dialog for local files starts in %s", async (folders, place) => {
  workspace.workspaceFolders = folders;
  answers.push([Uri.file("/home/me/roster.csv")]);
  expect(await askLocalPath({ title: "Import Roster" })).toBe("/home/me/roster.csv");
  expect(calls[0]?.parameters).toEqual([{ title: "Import Roster", defaultUri: Uri.file(place) }]);
  answers.push(undefined);
  expect(await askLocalPath({})).toBeUndefined();
});

test("programs on the user's machine can open a file only if it is there", () => {
  const file = Uri.file("/home/amy/assets") as Parameters<typeof isOnUsersMachine>[0];
  expect(isOnUsersMachine(file)).toBe(true);
  env.remoteName = "wsl";
  expect(isOnUsersMachine(file)).toBe(false);
  env.remoteName = undefined;
});
