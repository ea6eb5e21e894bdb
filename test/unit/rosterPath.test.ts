import { afterEach, expect, test } from "vitest";
import type { InputBoxOptions } from "vscode";
import { RosterCommand } from "../../src/ui/commands/rosterCommand";
import { answers, calls } from "../helpers/vscodeStub";

afterEach(() => {
  calls.length = 0;
  answers.length = 0;
});

test("a roster's path on the server cannot be empty, as a confirmed empty one would end the command without a word", async () => {
  const model = { loadedOnRequest: () => Promise.resolve(), reports: [] };
  const pickFirst = (items: readonly unknown[]) => items[0];
  // From the server; type the path; and then leave.
  answers.push(pickFirst, pickFirst, undefined);
  const command = new RosterCommand({ model } as never);
  expect(await command.import()).toBeUndefined();
  expect(calls.map(({ name }) => name)).toEqual(["showQuickPick", "showQuickPick", "showInputBox"]);
  const box = calls[2]?.parameters[0] as InputBoxOptions | undefined;
  for (const empty of ["", " ", "/"]) expect(await box?.validateInput?.(empty)).toBe("Enter a path.");
  expect(await box?.validateInput?.("/roster/students.csv")).toBeUndefined();
});
