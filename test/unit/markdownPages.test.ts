import { expect, test, vi } from "vitest";
import type * as vscode from "vscode";
import { MarkdownPages } from "../../src/ui/markdownPages";

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

class Pages extends MarkdownPages {
  constructor(event: vscode.Event<void>) {
    super("clever-test");
    this.updateOn(event);
  }

  protected async pageOf(): Promise<string> {
    return "a page";
  }
}

test("a page whose text VS Code dropped is read again by its preview, but nothing is if none is open", async () => {
  let change = () => {};
  const pages = new Pages((listener) => {
    change = listener;
    return { dispose: () => undefined };
  });
  change();
  expect(executed).toEqual([]);
  const uri = { scheme: "clever-test", path: "/folder/Run 1" } as vscode.Uri;
  tabs.push({ label: "Preview README.md" });
  expect(await pages.provideTextDocumentContent(uri)).toBe("a page");
  change();
  expect(executed).toEqual([]);
  tabs.push({ label: "Preview Run 1" });
  change();
  expect(executed).toEqual(["markdown.preview.refresh"]);
  pages.dispose();
});
