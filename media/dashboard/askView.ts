import { html, nothing, type TemplateResult } from "lit";
import { type QuestionId, questionIds } from "../../src/dashboard/questions";
import { icon } from "./icons";
import type { Actions, Model, Ready } from "./model";
import { questionOf, questionText } from "./questions";

/** The heading of the question that is asked; it has the focus once it is answered. */
export const askedTitleId = "asked-title";

/** The questions that people ask most, one click each. */
export function askView({ texts, view }: Ready, ask: (id: QuestionId) => void): TemplateResult {
  return html`<nav class="ask" aria-label=${texts.ask}>
    <span class="ask-title" aria-hidden="true">${texts.ask}</span>
    <ul>${questionIds.map(
      (
        id,
      ) => html`<li><button type="button" class="ask-question" id=${`ask-${id}`} aria-pressed=${view.question === id}
        @click=${() => ask(id)}>${texts.questions[id]}</button></li>`,
    )}</ul>
  </nav>`;
}

/** The question that is asked, what it is about, and the parts of the page that answer it. */
export function askedView(
  model: Model,
  ready: Ready,
  actions: Actions,
  id: QuestionId,
  parts: readonly TemplateResult[],
): TemplateResult {
  const { texts, answer, filter } = ready;
  const { choices } = questionOf(id, texts, answer.options);
  const title = model.frozen ? questionText(id, texts, answer.options, filter) : texts.questions[id];
  return html`<section class="asked" aria-labelledby=${askedTitleId}>
    <header class="asked-head">
      <h2 id=${askedTitleId} tabindex="-1">${title}</h2>
      ${
        model.frozen
          ? nothing
          : html`${
              choices && choices.length > 0
                ? html`<select class="select" id="asked-choice" aria-label=${texts.questions[id]}
                    @change=${({ target }: Event) => {
                      const choice = target instanceof HTMLSelectElement && choices[Number(target.value)];
                      if (choice) actions.setFilter(choice.filter);
                    }}
                  >
                    ${choices.some(({ isMade }) => isMade(filter)) ? nothing : html`<option value="" selected></option>`}
                    ${choices.map(({ name, isMade }, at) => html`<option value=${at} .selected=${isMade(filter)}>${name}</option>`)}
                  </select>`
                : nothing
            }
            <button type="button" class="icon-button" id="asked-close" aria-label=${texts.closeQuestion} title=${texts.closeQuestion}
              @click=${() => actions.setView({ question: null })}>${icon("close")}</button>`
      }
    </header>
    ${choices?.length === 0 ? html`<p class="quiet">${texts.nothingToAsk}</p>` : nothing}
    ${id === "licences" && answer.licences === null ? html`<p class="quiet" id="no-licences">${texts.noLicences}</p>` : nothing}
    <div class="panels">${parts}</div>
  </section>`;
}
