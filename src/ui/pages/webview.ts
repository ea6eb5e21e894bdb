import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type WebviewFrame, webviewHtml } from "./webviewHtml";

/** A file of `dist/media`, the only folder from which webviews load. */
export function mediaFile(extensionUri: vscode.Uri, ...name: string[]): vscode.Uri {
  return vscode.Uri.joinPath(extensionUri, "dist", "media", ...name);
}

/** The properties in which the extension's pages differ. */
export interface WebviewPage extends Pick<WebviewFrame, "root" | "language" | "title"> {
  /** The page's bundle: `name.js`, `name.css`, `name-light.svg` and `name-dark.svg` of `dist/media`. */
  readonly name: string;
  /** Whether it uses VS Code's icons. */
  readonly icons: boolean;
}

/** Fills a tab with a page of the extension, and sets its icon. */
export function showPage(
  panel: vscode.WebviewPanel,
  extensionUri: vscode.Uri,
  { name, icons, ...frame }: WebviewPage,
): void {
  const { webview } = panel;
  webview.options = { enableScripts: true, localResourceRoots: [mediaFile(extensionUri)] };
  const address = (file: string) => webview.asWebviewUri(mediaFile(extensionUri, file)).toString();
  panel.iconPath = {
    light: mediaFile(extensionUri, `${name}-light.svg`),
    dark: mediaFile(extensionUri, `${name}-dark.svg`),
  };
  webview.html = webviewHtml({
    ...frame,
    script: address(`${name}.js`),
    styles: address(`${name}.css`),
    ...(icons ? { icons: address("codicon.css") } : {}),
    cspSource: webview.cspSource,
    nonce: randomBytes(16).toString("base64"),
  });
}
