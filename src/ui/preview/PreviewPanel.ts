import * as vscode from "vscode";
import { describeError } from "../../basics/errors";
import { fromPage, type PreviewFile, pageState, type ToPage } from "../../protocol/preview";
import type { PreviewStrings } from "../../protocol/previewStrings";
import { Disposable } from "../dispose";
import { confirmed, notify, offers } from "../messages";
import { showPage } from "../pages/webview";
import type { Parts } from "../parts";
import { showErrorMessage } from "../window";
import { EnginePreviews, previewViewType } from "./enginePreviews";
import { PreviewSession } from "./PreviewSession";

/** What the panel depends on. */
export interface PreviewContext extends Parts {
  readonly extensionUri: vscode.Uri;
  readonly strings: PreviewStrings;
}

/** The tab with a report's first rows; one per file. */
export class PreviewPanel extends Disposable {
  private static readonly shown = new Map<string, PreviewPanel>();

  /**
   * Shows a file's preview, reusing an open one.
   * @param delivery identifies the file's content: an open preview of other content is read again
   */
  static open(context: PreviewContext, file: PreviewFile, delivery?: string): PreviewPanel {
    const open = PreviewPanel.shown.get(keyOf(file));
    if (open) {
      open.panel.reveal();
      if (delivery !== undefined && delivery !== open.delivery) {
        open.delivery = delivery;
        void open.session.open();
      }
      return open;
    }
    const panel = vscode.window.createWebviewPanel(previewViewType, file.name, vscode.ViewColumn.Active);
    return new PreviewPanel(panel, context, file, delivery);
  }

  /**
   * Takes over the tab that VS Code restored after a reload, masked again.
   * @param state the page's saved state; a tab with an unusable one is closed
   */
  static restore(
    panel: vscode.WebviewPanel,
    state: unknown,
    context: PreviewContext,
  ): PreviewPanel | undefined {
    const parsed = pageState.safeParse(state);
    if (!parsed.success || PreviewPanel.shown.has(keyOf(parsed.data.file))) {
      panel.dispose();
      return undefined;
    }
    return new PreviewPanel(panel, context, parsed.data.file);
  }

  private readonly session: PreviewSession;

  private constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly context: PreviewContext,
    private readonly file: PreviewFile,
    private delivery?: string,
  ) {
    super();
    const { extensionUri, strings, model } = context;
    this.session = new PreviewSession(new EnginePreviews(context), file, {
      post: (message) => this.post(message),
      confirmReveal: () => this.confirmReveal(),
      revealFailed: (error) => notify(showErrorMessage, describeError(error), offers.log()),
    });
    PreviewPanel.shown.set(keyOf(file), this);
    this.hold({ dispose: () => PreviewPanel.shown.delete(keyOf(file)) });
    this.hold(this.session);
    this.hold(panel.onDidDispose(() => this.dispose()));
    this.hold(panel.webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    // Another server or lake may have another file of this name. Revealed identities of the old one must not stay
    // visible.
    this.hold(
      model.onDidChangeConnection(() => {
        if (panel.visible) void this.session.open();
        else this.session.reopenWhenShown();
      }),
    );

    showPage(panel, extensionUri, {
      name: "preview",
      icons: true,
      root: "main",
      language: strings.language,
      title: strings.title.replace("{0}", () => file.name),
    });
    void this.session.open();
  }

  override dispose(): void {
    if (this.disposed) return;
    super.dispose();
    this.panel.dispose();
  }

  private receive(message: unknown): void {
    const parsed = fromPage.safeParse(message);
    if (!parsed.success) return;
    if (parsed.data.type === "ready") {
      this.post({ type: "init", file: this.file, strings: this.context.strings, before: parsed.data.state });
    }
    if (parsed.data.type === "retry") this.context.model.onUserAction(true);
    if (parsed.data.type === "connect") void vscode.commands.executeCommand("clever.connect");
    void this.session.handle(parsed.data);
  }

  private post(message: ToPage): void {
    if (!this.disposed) void this.panel.webview.postMessage(message);
  }

  private confirmReveal(): Promise<boolean> {
    return confirmed(
      vscode.l10n.t("Show the identities in {0}?", this.file.name),
      vscode.l10n.t(
        "Names and identifiers of students and staff will be readable on this screen. They are masked again when the tab is closed. Who reveals which file, and when, is recorded in the lake.",
      ),
      vscode.l10n.t("Reveal"),
    );
  }
}

function keyOf({ origin, path }: PreviewFile): string {
  return `${origin}:${path}`;
}
