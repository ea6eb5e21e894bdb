import { createHash } from "node:crypto";
import { escapeHtml } from "../../basics/escapeHtml";
import type { DashboardAnswer } from "../answer";
import type { DashboardTexts } from "./texts";
import type { DashboardView } from "./view";

/** What an exported page reads from its own document: numbers, filters and texts at the time of export. */
export interface Frozen {
  readonly answer: DashboardAnswer;
  readonly view: DashboardView;
  readonly texts: DashboardTexts;
  /** The district's name; empty if none is set. */
  readonly district: string;
}

/** The page's built bundle: `dashboard.js` and `dashboard.css`. */
export interface PageBundle {
  readonly script: string;
  readonly styles: string;
}

/**
 * A dashboard as one self-contained HTML file: the page's own bundle and its answer. Its policy allows only this
 * script and this style sheet, by their hashes, and no requests.
 */
export function dashboardHtml(bundle: PageBundle, frozen: Frozen): string {
  // The source map is not part of the export.
  const script = bundle.script.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
  const styles = bundle.styles.replace(/\n\/\*# sourceMappingURL=.*\*\/\s*$/, "\n");
  // Neither may end its element early; esbuild escapes "</script" and "</style" for that.
  if (/<\/script/i.test(script) || /<\/style/i.test(styles))
    throw new TypeError("The bundle cannot be put inline.");
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(styles)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const { texts, district } = frozen;
  const title = district === "" ? texts.title : `${district}: ${texts.title}`;
  return `<!DOCTYPE html>
<html lang="${escapeHtml(texts.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(`${title}, ${frozen.answer.from} – ${frozen.answer.to}`)}</title>
<style>${styles}</style>
</head>
<body class="exported">
<div id="page"></div>
<script type="application/json" id="frozen">${safeJson(frozen)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text, "utf8").digest("base64")}`;
}

/** JSON that no HTML parser takes for the end of its element or for a comment, whatever names it contains. */
function safeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
