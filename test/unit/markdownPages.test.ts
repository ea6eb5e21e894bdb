import { expect, test, vi } from "vitest";
import type * as vscode from "vscode";
import { MarkdownPages } from "../../src/ui/markdownPages";

const { executed } = vi.hoisted(() => ({ executed: [] as string[] }));
vi.mock("vscode", async (original) => {
  const stub = await original<typeof import("../helpers/vscodeStub")>();
  const registerTextDocumentContentProvider = () => new stub.Disposable(() => undefined);
  return {
    ...stub,
    workspace: { ...stub.workspace, textDocuments: [], registerTextDocumentContentProvider },
    commands: { executeCommand: async (command: string) => void executed.push(command) },
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

test("a page whose text VS Code dropped is read again by its preview, but nothing is if none was shown", async () => {
  let change = () => {};
  const pages = new Pages((listener) => {
    change = listener;
    return { dispose: () => undefined };
  });
  change();
  expect(executed).toEqual([]);
  expect(await pages.provideTextDocumentContent({ scheme: "clever-test" } as vscode.Uri)).toBe("a page");
  change();
  expect(executed).toEqual(["markdown.preview.refresh"]);
  pages.dispose();
});
