import { expect, test, vi } from "vitest";
import type * as vscode from "vscode";
import { CleverLakeError } from "../../src/basics/errors";
import { MarkdownPages } from "../../src/ui/pages/markdownPages";

const uri = { scheme: "clever-test", path: "/folder/Run 1" } as vscode.Uri;

const { executed, tabs } = vi.hoisted(() => ({
  executed: [] as string[],
  tabs: [] as { readonly label: string }[],
}));
vi.mock("vscode", async (original) => {
  const stub = await original<typeof import("../helpers/vscodeStub")>();
  const registerTextDocumentContentProvider = () => new stub.Disposable(() => undefined);
  return {
    ...stub,
    workspace: { ...stub.workspace, textDocuments: [], registerTextDocumentContentProvider },
    window: { ...stub.window, tabGroups: { all: [{ tabs }] } },
    // As without VS Code's own Markdown extension.
    commands: {
      executeCommand: async (command: string) => {
        executed.push(command);
        throw new Error(`command '${command}' not found`);
      },
    },
  };
});

const pagesWith = (
  event: vscode.Event<void>,
  text: () => string = () => "a page",
  log: vscode.LogOutputChannel = {} as never,
) => new MarkdownPages("clever-test", log, async () => text(), event);

test("a page whose text VS Code dropped is read again by its preview, but nothing is if none is open", async () => {
  let change = () => {};
  const pages = pagesWith((listener) => {
    change = listener;
    return { dispose: () => undefined };
  });
  change();
  expect(executed).toEqual([]);
  tabs.push({ label: "Preview README.md" });
  expect(await pages.provideTextDocumentContent(uri)).toBe("a page");
  change();
  expect(executed).toEqual([]);
  tabs.push({ label: "Preview Run 1" });
  change();
  expect(executed).toEqual(["markdown.preview.refresh"]);
  pages.dispose();
});

test("the log has the reason why a page cannot be shown", async () => {
  const logged: string[] = [];
  const failing = () => {
    throw new CleverLakeError("corrupt", "The table is damaged.");
  };
  const log = { error: (text: string) => void logged.push(text) } as never;
  const pages = pagesWith(() => ({ dispose: () => undefined }), failing, log);
  const page = await pages.provideTextDocumentContent(uri);
  expect(page).toMatch(/^> The table is damaged/);
  expect(logged).toEqual(["The table is damaged."]);
  pages.dispose();
});
