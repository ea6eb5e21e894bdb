import { html, type TemplateResult } from "lit";
import { visibleText } from "./visibleText";

/** A cell's text with its invisible characters made visible; its content is never interpreted as markup. */
export function textView(text: string, longest: number): TemplateResult {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return html`<span class="text" dir="auto">${visibleText(cut).map((part) =>
    part.control ? html`<span class="control">${part.text}</span>` : part.text,
  )}</span>`;
}
