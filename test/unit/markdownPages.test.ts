import { expect, test, vi } from "vitest";
import type * as vscode from "vscode";
import { CleverLakeError } from "../../src/errors";
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
  constructor(
    event: vscode.Event<void>,
    private readonly text: () => string = () => "a page",
    log: vscode.LogOutputChannel = {} as never,
  ) {
    super("clever-test", log);
    this.updateOn(event);
  }

  protected async pageOf(): Promise<string> {
    return this.text();
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

test("the log has the reason why a page cannot be shown", async () => {
  const logged: string[] = [];
  const failing = () => {
    throw new CleverLakeError("corrupt", "The table is damaged.");
  };
  const log = { error: (text: string) => void logged.push(text) } as never;
  const pages = new Pages(() => ({ dispose: () => undefined }), failing, log);
  const page = await pages.provideTextDocumentContent({ scheme: "clever-test" } as vscode.Uri);
  expect(page).toMatch(/^> The table is damaged/);
  expect(logged).toEqual(["The table is damaged."]);
  pages.dispose();
});
