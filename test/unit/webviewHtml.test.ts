import { describe, expect, test } from "vitest";
import { webviewHtml } from "../../src/ui/pages/webviewHtml";

const frame = {
  script: 'vscode://x/page.js?a="b"',
  styles: "vscode://x/page.css",
  root: "div",
  cspSource: "https://host",
  nonce: "abc",
  language: "en",
  title: 'Preview of "><script>x</script>',
} as const;
const allowed = "default-src 'none'; script-src 'nonce-abc'; style-src https://host;";
const refused = "base-uri 'none'; form-action 'none'\"";

describe("a webview's HTML", () => {
  test("allows only its script by nonce and the extension's styles", () => {
    const html = webviewHtml(frame);
    expect(html).toContain(`content="${allowed} ${refused}`);
    expect(html).not.toContain("unsafe");
    expect(html).toContain('<div id="page"></div>');
  });

  test("allows the icon font if it shows icons", () => {
    const html = webviewHtml({ ...frame, root: "main", icons: "vscode://x/codicon.css" });
    expect(html).toContain(`content="${allowed} font-src https://host; ${refused}`);
    expect(html).toContain('id="vscode-codicon-stylesheet" href="vscode://x/codicon.css"');
    expect(html).toContain('<main id="page"></main>');
  });

  test("escapes any title and URLs", () => {
    const html = webviewHtml(frame);
    expect(html).not.toContain("<script>x");
    expect(html.match(/<script /g)).toHaveLength(1);
    expect(html).toContain("<title>Preview of &quot;&gt;&lt;script&gt;x&lt;/script&gt;</title>");
    expect(html).not.toContain('a="b"');
  });
});
