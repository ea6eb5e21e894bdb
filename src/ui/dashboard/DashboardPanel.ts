import * as vscode from "vscode";
import { dashboardHtml } from "../../dashboard/export/dashboardHtml";
import { dashboardTexts } from "../../dashboard/export/texts";
import type { DashboardView } from "../../dashboard/export/view";
import { type LinkedView, parseViewLink, viewLink } from "../../dashboard/export/viewLink";
import type { DashboardFilter } from "../../dashboard/filter";
import {
  maxSaved,
  replacedNames,
  type Saved,
  type SavedChange,
  savedSchema,
  withChange,
} from "../../dashboard/saved";
import { type FromPage, fromPage, type PageFile, pageState, type ToPage } from "../../protocol/dashboard";
import { given, lakeUrl, section, usesSample } from "../connection/settings";
import { Disposable } from "../dispose";
import { notify, reported } from "../messages";
import { isOnUsersMachine, localFolder, saveFile } from "../pages/localFiles";
import { mediaFile, showPage } from "../pages/webview";
import type { Parts } from "../parts";
import { locale, nameOf } from "../texts/format";
import { showInformationMessage } from "../window";
import { DashboardSession, type DashboardSource } from "./DashboardSession";

/** What the panel depends on. */
export interface DashboardContext extends Pick<Parts, "model" | "log"> {
  readonly extensionUri: vscode.Uri;
  /** The link that opens the dashboard in VS Code. */
  readonly link: string;
  readonly source: DashboardSource;
  /** Storage for the reader's saved items. */
  readonly state: vscode.Memento;
  /** Fires when the numbers may have changed, after a run or a change of settings; before the model's connection does. */
  readonly onDidChange: vscode.Event<void>;
}

/** The tab with the participation dashboard; there is only one. */
export class DashboardPanel extends Disposable {
  /** For `registerWebviewPanelSerializer` and `onWebviewPanel:` activation. */
  static readonly viewType = "clever.dashboard";
  private static shown: DashboardPanel | undefined;

  /**
   * Shows the dashboard, reusing an open one.
   * @param linked the view of a link; by default the dashboard's current or initial filter
   */
  static open(context: DashboardContext, linked?: LinkedView): DashboardPanel {
    const { shown } = DashboardPanel;
    if (shown) {
      shown.panel.reveal();
      // A running page asks the question itself. A page that is still loading, or is hidden and therefore no longer
      // exists, will start with the session's filter.
      if (linked && shown.isRunning) shown.post({ type: "pasted", ...linked });
      else if (linked) {
        shown.asked = linked.question;
        void shown.session.refresh(linked.filter);
      }
      return shown;
    }
    const { viewType } = DashboardPanel;
    const panel = vscode.window.createWebviewPanel(viewType, textsNow().title, vscode.ViewColumn.Active);
    return new DashboardPanel(panel, context, linked?.filter, linked?.question);
  }

  /**
   * Takes over the tab that VS Code restored after a reload, with its filters.
   * @param state the page's saved state; if unusable, the dashboard opens in its initial state
   */
  static restore(
    panel: vscode.WebviewPanel,
    state: unknown,
    context: DashboardContext,
  ): DashboardPanel | undefined {
    if (DashboardPanel.shown) {
      panel.dispose();
      return undefined;
    }
    const parsed = pageState.safeParse(state);
    return new DashboardPanel(panel, context, parsed.success ? parsed.data.filter : undefined);
  }

  private readonly session: DashboardSession;
  private readonly texts = textsNow();
  /** Whether its page is running and listening. */
  private isRunning = false;

  private constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly context: DashboardContext,
    filter: DashboardFilter | undefined,
    /** The question of a link, for the next page that starts. */
    private asked?: LinkedView["question"],
  ) {
    super();
    this.session = new DashboardSession(context.source, (message) => this.post(message), filter);
    DashboardPanel.shown = this;
    this.hold({
      dispose: () => {
        DashboardPanel.shown = undefined;
      },
    });
    this.hold(this.session);
    this.hold(panel.onDidDispose(() => this.dispose()));
    this.hold(
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.isRunning = false;
      }),
    );
    this.hold(panel.webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    this.hold(
      context.onDidChange(() => {
        if (panel.visible) void this.session.refresh();
        else this.session.refreshWhenShown();
        this.post({ type: "given", ...this.given() });
      }),
    );
    this.hold(context.model.onDidChangeConnection(() => this.session.forget()));

    const { language, title } = this.texts;
    showPage(panel, context.extensionUri, { name: "dashboard", icons: false, root: "div", language, title });
    void this.session.refresh();
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
      this.isRunning = true;
      const { texts } = this;
      const asked = this.asked === undefined ? {} : { asked: this.asked };
      this.asked = undefined;
      const before = parsed.data.state;
      this.post({ type: "init", texts, ...this.given(), ...this.session.start, before, ...asked });
    }
    if (parsed.data.type === "retry") this.context.model.onUserAction(true);
    void this.session.handle(parsed.data);
    void reported(this.context.log, () => this.act(parsed.data));
  }

  /** Handles messages that are not questions about numbers. */
  private async act(message: FromPage): Promise<unknown> {
    switch (message.type) {
      case "keepSaved":
        return this.keep(message.change);
      case "command":
        return vscode.commands.executeCommand(`clever.${message.command}`);
      case "copyFilter":
        await vscode.env.clipboard.writeText(viewLink(this.context.link, message));
        return this.notice(
          vscode.l10n.t(
            "A link to this view is in the clipboard. It opens in VS Code and contains no numbers.",
          ),
        );
      case "pasteFilter": {
        const linked = parseViewLink(await vscode.env.clipboard.readText());
        if (linked) return this.post({ type: "pasted", ...linked });
        return this.notice(vscode.l10n.t("There is no link to a view in the clipboard."));
      }
      case "keepWhole":
        return vscode.workspace
          .getConfiguration(section)
          .update("keepWhole", message.keep, vscode.ConfigurationTarget.Global);
      case "save":
        return this.save(message.file);
      case "saveDashboard":
        return this.saveDashboard(message.view);
      default:
        return undefined;
    }
  }

  /** Changes the reader's saved items, unless there would be too many; the page then shows what is stored. */
  private async keep(change: SavedChange): Promise<void> {
    const before = this.readSaved();
    const saved = withChange(before, change);
    if (savedSchema.safeParse(saved).success) {
      await this.context.state.update(savedKey(), saved);
      const [name] = replacedNames(before, change);
      if (name !== undefined)
        this.notice(vscode.l10n.t("The item previously saved as {0} was replaced.", name));
    } else {
      this.notice(
        vscode.l10n.t(
          "Not saved: at most {0} groups and {0} views can be saved for a lake. Forget one first.",
          maxSaved,
        ),
      );
    }
    this.post({ type: "given", ...this.given() });
  }

  /** The page's data from the settings and the current lake, other than numbers. */
  private given() {
    return { district: districtName(), saved: this.readSaved() };
  }

  /** The saved items for the lake of the settings. Unreadable data from another version counts as none. */
  private readSaved(): Saved {
    return savedSchema.safeParse(this.context.state.get(savedKey())).data ?? { groups: [], views: [] };
  }

  private async save({ kind, name, content }: PageFile): Promise<void> {
    const names = {
      png: vscode.l10n.t("Images"),
      svg: vscode.l10n.t("Images"),
      csv: vscode.l10n.t("Tables"),
    };
    const target = await askWhere(name, { [names[kind]]: [kind] });
    if (!target) return;
    await saveFile("The file", target, Buffer.from(content, kind === "png" ? "base64" : "utf8"));
    this.notifySaved(target, kind);
  }

  private async saveDashboard(view: DashboardView): Promise<void> {
    const { answer } = this.session;
    if (!answer) return;
    const name = `clever-dashboard-${answer.from}-${answer.to}.html`;
    const target = await askWhere(name, { [vscode.l10n.t("Web Pages")]: ["html"] });
    if (!target) return;
    const read = async (file: string) =>
      Buffer.from(await vscode.workspace.fs.readFile(mediaFile(this.context.extensionUri, file))).toString();
    const bundle = { script: await read("dashboard.js"), styles: await read("dashboard.css") };
    const html = dashboardHtml(bundle, { answer, view, texts: this.texts, district: districtName() });
    await saveFile("The dashboard", target, Buffer.from(html));
    this.notifySaved(target, "html");
  }

  private notifySaved(target: vscode.Uri, kind: PageFile["kind"] | "html"): void {
    const open = {
      title: kind === "html" ? vscode.l10n.t("Open in Browser") : vscode.l10n.t("Open"),
      act: () =>
        kind === "html"
          ? vscode.env.openExternal(target)
          : vscode.commands.executeCommand("vscode.open", target),
    };
    const reveal = {
      title: vscode.l10n.t("Reveal in Folder"),
      act: () => vscode.commands.executeCommand("revealFileInOS", target),
    };
    // VS Code can open a file on another machine, but not a page in the browser.
    const choices = isOnUsersMachine(target) ? [open, reveal] : kind === "html" ? [] : [open];
    notify(showInformationMessage, vscode.l10n.t("{0} was saved.", nameOf(target.path)), ...choices);
  }

  private notice(text: string): void {
    this.post({ type: "notice", text });
  }

  private post(message: ToPage): void {
    if (!this.disposed) void this.panel.webview.postMessage(message);
  }
}

/** Asks where to save a file. */
function askWhere(name: string, filters: Record<string, string[]>): Thenable<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog({ filters, defaultUri: vscode.Uri.joinPath(localFolder(), name) });
}

function textsNow() {
  return dashboardTexts((text) => vscode.l10n.t(text), vscode.env.language, locale);
}

function savedKey(): string {
  return `clever.saved:${usesSample() ? "sample" : String(lakeUrl())}`;
}

/** The setting, without further validation; it is displayed and never part of a path. */
function districtName(): string {
  const name = given("districtName");
  return typeof name === "string" ? name.trim().slice(0, 200) : "";
}
