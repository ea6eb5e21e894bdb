import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { type QuestionId, questionIds } from "../../src/dashboard/questions";
import { icon } from "./icons";
import type { Ready } from "./model";
import { entered } from "./popover";
import { type QuestionChoice, questionOf, questionText } from "./questions";

/** The heading of the current question, which gets the focus once the question is answered. */
export const askedTitleId = "asked-title";

/** The most common questions, one click each. */
export function askView({ texts, view, actions }: Ready): TemplateResult {
  return html`<nav class="ask" aria-label=${texts.ask}>
    <span class="ask-title" aria-hidden="true">${texts.ask}</span>
    <ul>${questionIds.map(
      (
        id,
      ) => html`<li><button type="button" class="ask-question" id=${`ask-${id}`} aria-pressed=${view.question === id}
        @click=${() => actions.ask(id)}>${texts.questions[id]}</button></li>`,
    )}</ul>
  </nav>`;
}

/** The current question, its choices, and the parts of the page that answer it. */
export function askedView(
  ready: Ready,
  id: QuestionId,
  parts: TemplateResult | typeof nothing,
): TemplateResult {
  const { texts, answer, filter, frozen, actions } = ready;
  const close = () => {
    document.getElementById(`ask-${id}`)?.focus();
    actions.setView({ question: null });
  };
  const onKey = (event: KeyboardEvent) => {
    // Escape closes an open popover, or leaves a chart's mark, first.
    if (event.key !== "Escape" || frozen || event.defaultPrevented) return;
    // In a search, it clears what was entered.
    const { target } = event;
    if (target instanceof HTMLInputElement && target.type === "search" && target.value !== "") return;
    if (document.querySelector(":popover-open") === null) close();
  };
  const { choices, periods } = questionOf(id, ready);
  const title = frozen ? questionText(id, ready, filter) : texts.questions[id];
  const select = (name: string, label: string, list: readonly QuestionChoice[]) =>
    list.length === 0
      ? nothing
      : html`<select class="select" id=${name} aria-label=${label}
          @change=${(event: Event) => {
            const choice = list[Number(entered(event))];
            if (choice) actions.setFilter(choice.patch);
          }}
        >
          ${list.some(({ isMade }) => isMade(filter)) ? nothing : html`<option value="-1" selected></option>`}
          ${list.map((choice, at) => html`<option value=${at} .selected=${live(choice.isMade(filter))}>${choice.name}</option>`)}
        </select>`;
  return html`<section class="asked" aria-labelledby=${askedTitleId} @keydown=${onKey}>
    <header class="asked-head">
      <h2 id=${askedTitleId} tabindex="-1">${title}</h2>
      ${
        frozen
          ? nothing
          : html`${select("asked-choice", texts.questions[id], choices ?? [])}
            ${select("asked-periods", texts.periodsOfQuestion, periods)}
            <button type="button" class="icon-button" id="asked-close" aria-label=${texts.closeQuestion} title=${texts.closeQuestion}
              @click=${close}>${icon("close")}</button>`
      }
    </header>
    ${choices?.length === 0 ? html`<p class="quiet">${texts.nothingToAsk}</p>` : nothing}
    ${id === "licences" && answer.licences === null ? html`<p class="quiet" id="no-licences">${texts.noLicences}</p>` : nothing}
    ${parts}
  </section>`;
}
