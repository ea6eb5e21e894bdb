import { afterEach, expect, test, vi } from "vitest";
import * as vscode from "vscode";
import { ConnectionCommands } from "../../src/ui/connection/connectionCommands";
import type { SecretStore } from "../../src/ui/connection/secrets";
import type { Parts } from "../../src/ui/parts";
import { initialAnswers } from "../../src/ui/wizard/connectionAnswers";

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
