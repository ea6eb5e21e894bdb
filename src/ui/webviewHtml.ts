import { escapeHtml } from "../escapeHtml";

/** Addresses and names that a webview's page is framed with. */
export interface WebviewFrame {
  readonly script: string;
  readonly styles: string;
  /** The style sheet of the icons' font; without it, the page may load no font. */
  readonly icons?: string;
  /** The element that the script fills; a page that makes its own landmarks starts from a `div`. */
  readonly root: "main" | "div";
  readonly cspSource: string;
  readonly nonce: string;
  readonly language: string;
  readonly title: string;
}

/**
 * A page's frame: nothing of what the page shows is in it. Scripts run by nonce only, styles and fonts come from the
 * extension only; no inline style attribute, image, frame, connection or form.
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
  // The icons' elements look for their style sheet by this id.
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
