import { escapeHtml } from "../../basics/escapeHtml";

/** URLs and names in the frame of a webview's page. */
export interface WebviewFrame {
  readonly script: string;
  readonly styles: string;
  /** The style sheet of the icon font; without it, the page may not load fonts. */
  readonly icons?: string;
  /** The element that the script fills; a page that creates its own landmarks uses a `div`. */
  readonly root: "main" | "div";
  readonly cspSource: string;
  readonly nonce: string;
  readonly language: string;
  readonly title: string;
}

/**
 * A page's frame, without any of its content. Only scripts with the nonce run. Styles and fonts come only from the
 * extension. Inline style attributes, images, frames, connections and forms are not allowed.
 */
export function webviewHtml(frame: WebviewFrame): string {
  const { script, styles, icons, root, cspSource, nonce, language, title } = frame;
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    ...(icons === undefined ? [] : [`font-src ${cspSource}`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  // The icon elements find their style sheet by this id.
  const iconSheet =
    icons === undefined
      ? ""
      : `\n    <link rel="stylesheet" id="vscode-codicon-stylesheet" href="${escapeHtml(icons)}">`;
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>${iconSheet}
    <link rel="stylesheet" href="${escapeHtml(styles)}">
  </head>
  <body>
    <${root} id="page"></${root}>
    <script nonce="${escapeHtml(nonce)}" src="${escapeHtml(script)}"></script>
  </body>
</html>`;
}
