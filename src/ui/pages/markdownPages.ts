import * as vscode from "vscode";
import { describeError } from "../../basics/errors";
import { Disposable } from "../dispose";
import { nameOf } from "../texts/format";
import { asMarkdown } from "../texts/untrustedText";

/** Markdown pages of a URI scheme. Each is generated whenever it is opened. */
export class MarkdownPages extends Disposable implements vscode.TextDocumentContentProvider {
  private readonly changed = this.hold(new vscode.EventEmitter<vscode.Uri>());
  readonly onDidChange = this.changed.event;
  /** The names of the pages that were shown. A tab's title has the name of its page. */
  private readonly names = new Set<string>();

  constructor(
    private readonly scheme: string,
    private readonly log: vscode.LogOutputChannel,
    private readonly pageOf: (uri: vscode.Uri) => Promise<string>,
    /** Updates the open pages. */
    event?: vscode.Event<void>,
  ) {
    super();
    this.hold(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
    if (event) this.hold(event(() => this.update(vscode.workspace.textDocuments.map(({ uri }) => uri))));
  }

  /**
   * The page's text. If it cannot be generated, the page shows why: VS Code would only say that there is no such
   * page.
   */
  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    this.names.add(nameOf(uri.path));
    try {
      return await this.pageOf(uri);
    } catch (error) {
      const reason = describeError(error);
      this.log.error(reason);
      return `> ${asMarkdown(reason)}`;
    }
  }

  async show(uri: vscode.Uri): Promise<void> {
    // VS Code keeps a page for a few minutes after it was closed.
    this.update([uri]);
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  }

  private update(uris: readonly vscode.Uri[]): void {
    for (const uri of uris) if (uri.scheme === this.scheme) this.changed.fire(uri);
    // After a few minutes, VS Code drops the text of a page that only a preview shows: the preview must read it again.
    // The command does this to all previews, and does not exist without VS Code's own Markdown extension.
    if (this.isOpen())
      vscode.commands.executeCommand("markdown.preview.refresh").then(undefined, () => undefined);
  }

  /** A preview's tab does not expose its URI. */
  private isOpen(): boolean {
    const labels = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).map(({ label }) => label);
    return [...this.names].some((name) => labels.some((label) => label.includes(name)));
  }
}
