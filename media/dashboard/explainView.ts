import { html, nothing, type TemplateResult } from "lit";
import { groupRule } from "./filterWords";
import { fill } from "./formats";
import { icon } from "./icons";
import type { Ready } from "./model";
import { popover } from "./popover";

/** The `?` beside a title: what exactly is computed. */
export function explainView(
  { texts, answer }: Pick<Ready, "texts" | "answer">,
  id: string,
  title: string,
  definition: string,
  more?: string,
): TemplateResult {
  return popover({
    id: `explain-${id}`,
    className: "icon-button explain",
    label: fill(texts.explain, title),
    face: icon("question"),
    heading: title,
    width: 360,
    content: html`<div class="explanation" tabindex="0">
      <h3>${title}</h3>
      <p>${definition}</p>
      ${more === undefined ? nothing : html`<p>${more}</p>`}
      <p class="quiet">${groupRule(texts, answer.minimumGroupSize)}</p>
    </div>`,
  });
}
