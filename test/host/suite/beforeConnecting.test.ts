import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigurationTarget, commands, workspace } from "vscode";
import { activeApplication } from "../application";

suite("without a connection", () => {
  test("the wizard opens, and cancelling it changes nothing", async () => {
    let isOpen = true;
    const wizard = commands.executeCommand("clever.connect").then(() => {
      isOpen = false;
    });
    // On a busy machine, its box appears late.
    while (isOpen) {
      await sleep(500);
      await commands.executeCommand("workbench.action.closeQuickOpen");
    }
    await wizard;
    assert.equal(workspace.getConfiguration("clever").get("sftp.host"), "");
  });

  test("the views are empty", async () => {
    const { reportsTree, lakeTree, runsTree } = await activeApplication();
    assert.deepEqual(await reportsTree.getChildren(), []);
    assert.deepEqual(await lakeTree.getChildren(), []);
    assert.deepEqual(await runsTree.getChildren(), []);
  });
});

suite("settings", () => {
  const settings = () => workspace.getConfiguration("clever");
  const set = (key: string, value: unknown) => settings().update(key, value, ConfigurationTarget.Global);

  teardown(async () => {
    for (const key of ["sftp.host", "sftp.port", "sftp.username", "sftp.hostKey", "lake.url", "userTypes"]) {
      await set(key, undefined);
    }
  });

  for (const [key, value] of [
    ["sftp.port", 99_999],
    ["sftp.hostKey", "MD5:1234"],
    ["lake.url", "ftp://somewhere"],
    ["userTypes", ["parents"]],
  ] as const) {
    test(`an invalid ${key} is refused by its name`, async () => {
      const { model } = await activeApplication();
      await set("sftp.host", "127.0.0.1");
      await set("sftp.username", "somebody");
      await set("lake.url", "file:///nowhere");
      await set(key, value);
      await assert.rejects(
        () => model.connected(),
        (error) =>
          error instanceof Error && "setting" in error && String(error.setting).startsWith(`clever.${key}`),
      );
    });
  }
});
