import { html, type TemplateResult } from "lit";
import type { Explanation } from "../../src/dashboard/export/definitionTexts";
import { groupRule } from "./filterWords";
import { fill } from "./formats";
import { icon } from "./icons";
import type { Ready } from "./model";
import { popover } from "./popover";

/** The `?` next to a title: the definition, in brief and in full. */
export function explainView(
  { texts, answer }: Pick<Ready, "texts" | "answer">,
  id: string,
  title: string,
  { brief, exact }: Explanation,
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
      <p>${brief}</p>
      <details><summary>${texts.more}</summary><p>${exact}</p></details>
      <p class="quiet">${groupRule(texts, answer.minimumGroupSize)}</p>
    </div>`,
  });
}
