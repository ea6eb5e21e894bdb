import { html, nothing, type TemplateResult } from "lit";
import { fill } from "../../src/basics/fill";
import type { Model } from "./model";

interface Fixes {
  retry(): void;
  connect(): void;
}

/** The message that replaces the table if there are no rows; nothing if there are rows. */
export function stateView(model: Model, fixes: Fixes): TemplateResult | typeof nothing {
  const { phase, strings } = model;
  if (phase.name === "loading") {
    return html`<div class="state loading"><p>${strings.loading}</p></div>`;
  }
  if (phase.name === "failed") {
    return message(
      "warning",
      strings.failedTitle,
      phase.message,
      html`
      <vscode-button @click=${fixes[phase.fix]}>${strings[phase.fix]}</vscode-button>`,
    );
  }
  const { problem, rowCount, truncated, columns } = phase.info;
  if (problem) {
    const where = [fill(strings.line, problem.line), ...(problem.column ? [problem.column] : [])].join(" · ");
    return message("error", strings.unreadableTitle, problem.reason, html`<p class="quiet">${where}</p>`);
  }
  if (rowCount === 0 && !truncated) {
    const text = columns.length === 0 ? strings.blankText : strings.emptyText;
    return message("inbox", strings.emptyTitle, text);
  }
  return nothing;
}

function message(
  icon: string,
  title: string,
  text: string,
  more: TemplateResult | typeof nothing = nothing,
): TemplateResult {
  return html`
    <div class="state">
      <vscode-icon name=${icon} size="40" class=${`state-icon ${icon}`}></vscode-icon>
      <h2>${title}</h2>
      <p class="state-text">${text}</p>
      ${more}
    </div>`;
}
