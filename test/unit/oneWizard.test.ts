import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import * as vscode from "vscode";
import { ConnectionCommands } from "../../src/ui/connection/connectionCommands";
import type { SecretStore } from "../../src/ui/connection/secrets";
import type { Parts } from "../../src/ui/parts";
import { initialAnswers } from "../../src/ui/wizard/connectionAnswers";
import { settings } from "../helpers/vscodeStub";

const { wizards } = vi.hoisted(() => ({
  /** The wizards that were opened: their first answers, and how to leave them. */
  wizards: [] as { readonly first: unknown; readonly leave: (state: unknown) => void }[],
}));
vi.mock("../../src/ui/wizard/connectWizard", () => ({
  stepToFix: () => "host",
  askConnection: (_parts: unknown, first: unknown) =>
    new Promise((resolve) => {
      wizards.push({ first, leave: (state) => resolve({ state, done: false }) });
    }),
}));

afterEach(() => {
  wizards.length = 0;
});

test("the wizard is opened once, and a second call does not lose the answers of the first", async () => {
  const model = { onDidChangeConnection: () => ({ dispose: () => undefined }) };
  const commands = new ConnectionCommands({ model } as unknown as Parts, {} as SecretStore);
  const first = commands.connect();
  await expect.poll(() => wizards).toHaveLength(1);
  const asked = vi.spyOn(vscode.commands, "executeCommand");
  await commands.connect();
  expect(wizards).toHaveLength(1);
  // In this order: while the box is open, it has the focus in the end.
  expect(asked.mock.calls).toEqual([["notifications.focusToasts"], ["workbench.action.focusQuickOpen"]]);
  asked.mockRestore();
  const answers = { ...initialAnswers, host: "reports.example" };
  wizards[0]?.leave(answers);
  await first;
  const again = commands.connect();
  await expect.poll(() => wizards).toHaveLength(2);
  expect(wizards[1]?.first).toEqual(answers);
  wizards[1]?.leave(answers);
  await again;
});

test("an invalid setting does not take the others and their secrets from the wizard", async () => {
  Object.assign(settings, {
    "clever.sftp.host": "reports.example",
    "clever.sftp.port": 70_000,
    "clever.sftp.username": "district",
    "clever.lake.url": "file:///lake",
    "clever.saltKeyVaultUrl": "not a vault",
  });
  onTestFinished(() => {
    for (const name of Object.keys(settings)) delete settings[name];
  });
  const server = { host: "reports.example", port: 22, username: "district", hostKey: "" };
  const boundTo = { server, lake: { url: "file:///lake", saltKeyVaultUrl: "" } };
  const readBound = () => Promise.resolve({ secrets: { password: "secret", salt: "salt" }, boundTo });
  const model = { onDidChangeConnection: () => ({ dispose: () => undefined }) };
  const store = { readBound } as unknown as SecretStore;
  const connecting = new ConnectionCommands({ model } as unknown as Parts, store).connect();
  await expect.poll(() => wizards).toHaveLength(1);
  const { host, username, lakeUrl } = {
    host: "reports.example",
    username: "district",
    lakeUrl: "file:///lake",
  };
  const kept = { host, username, lakeUrl, password: "secret", salt: "salt" };
  expect(wizards[0]?.first).toEqual({ ...initialAnswers, ...kept, saltLake: lakeUrl });
  wizards[0]?.leave(initialAnswers);
  await connecting;
});
