/** Addresses and names that the page's frame is made of. */
export interface PreviewFrame {
  readonly script: string;
  readonly styles: string;
  readonly icons: string;
  readonly cspSource: string;
  readonly nonce: string;
  readonly language: string;
  readonly title: string;
}

/**
 * The page's frame: nothing of the file is in it. Scripts run by nonce only, styles and fonts come from the
 * extension only; no images, frames, connections or forms.
 */
export function previewHtml(frame: PreviewFrame): string {
  const { script, styles, icons, cspSource, nonce, language, title } = frame;
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
    <link rel="stylesheet" id="vscode-codicon-stylesheet" href="${escapeHtml(icons)}">
    <link rel="stylesheet" href="${escapeHtml(styles)}">
  </head>
  <body>
    <main id="page"></main>
    <script nonce="${escapeHtml(nonce)}" src="${escapeHtml(script)}"></script>
  </body>
</html>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
