import { html, nothing, type TemplateResult } from "lit";
import { openingFilterFor } from "../../src/dashboard/opening";
import { fill, isolated } from "./formats";
import { type IconName, icon } from "./icons";
import { isSameFilter, type Model, type Ready } from "./model";
import { otherDivisionView, sentencesView, togetherView } from "./suppressionView";
import { suppressionSentences } from "./suppressionWords";

/** The page's contents if there are no charts. */
export function stateView(model: Model): TemplateResult {
  const { phase, texts, actions } = model;
  if (phase.name === "failed") {
    const { fix } = phase;
    return message(
      "warning",
      texts.failedTitle,
      phase.message,
      html`<button type="button" class="button" id=${fix} @click=${() => actions.post(fix === "retry" ? { type: "retry" } : { type: "command", command: fix })}>${texts[fix]}</button>
        <button type="button" class="button secondary" id="open-log" @click=${() => actions.post({ type: "command", command: "showLog" })}>${texts.openLog}</button>`,
    );
  }
  if (phase.name === "empty") {
    return message(
      "database",
      texts.emptyTitle,
      phase.noLakeAt === undefined ? texts.emptyText : fill(texts.noLake, isolated(phase.noLakeAt)),
      html`<button type="button" class="button" id="run" @click=${() => actions.post({ type: "command", command: "run" })}>${texts.runPipeline}</button>
        ${phase.noLakeAt === undefined ? nothing : html`<button type="button" class="button secondary" id="retry" @click=${() => actions.post({ type: "retry" })}>${texts.retry}</button>`}`,
    );
  }
  return skeletonView(model);
}

/**
 * Names that the data does not have: in the filters, for example after a school was renamed, and in the file of school
 * levels.
 */
export function missingView(
  { texts, formats, answer, frozen }: Ready,
  missing: readonly { readonly name: string }[],
): TemplateResult {
  const note = (id: string, text: string, names: readonly string[]) =>
    names.length === 0
      ? nothing
      : html`<p class="missing" id=${id}>${icon("warning")}<span>${fill(text, formats.list(names.map(isolated)))}</span></p>`;
  const names = missing.map(({ name }) => name);
  return html`
    ${note("missing", texts.missingNames, names)}
    ${frozen ? nothing : note("unknown-schools", texts.unknownSchools, answer.options.unknownSchools)}`;
}

/** The message if the filters match nobody, or if the period is without school. */
export function nobodyView(ready: Ready): TemplateResult {
  const { texts, formats, answer, frozen, actions } = ready;
  const { from, to, byDay, options } = answer;
  if (!byDay.some(({ kind }) => kind === "school")) {
    const around = options.breaks.find((each) => each.from <= from && to <= each.to);
    const nearest =
      around && fill(texts.nearestSchoolDays, formats.day(around.before.to), formats.day(around.after.from));
    return message(
      "calendar",
      texts.noSchoolDayTitle,
      [fill(texts.noSchoolDayText, formats.range(from, to)), ...(nearest ? [nearest] : [])].join(" "),
      frozen
        ? nothing
        : html`<button type="button" class="button" id="whole-range"
            @click=${() => actions.setFilter({ range: { preset: "schoolYear" } })}>${texts.removeRange}</button>`,
    );
  }
  return message("people", texts.noUsersTitle, texts.noUsersText, resetView(ready));
}

/** The message if everything that the filters match is suppressed. */
export function suppressedView(ready: Ready): TemplateResult {
  const { texts } = ready;
  return message(
    "people",
    texts.suppressedTitle,
    html`${sentencesView(ready, suppressionSentences(ready))}`,
    html`${togetherView(ready)} ${resetView(ready, "secondary")} ${otherDivisionView(ready)}`,
  );
}

/** A button that removes all filters, if there are any. */
function resetView(
  { texts, filter, answer, frozen, actions }: Ready,
  look = "",
): TemplateResult | typeof nothing {
  const opening = openingFilterFor(answer.options);
  if (frozen || isSameFilter(filter, opening)) return nothing;
  return html`<button type="button" class=${`button ${look}`} id="reset-filters"
    @click=${() => actions.setFilter(opening)}>${texts.resetFilters}</button>`;
}

function message(
  name: IconName,
  title: string,
  text: string | TemplateResult,
  more: TemplateResult | typeof nothing,
): TemplateResult {
  return html`<div class="state">
    <span class=${`state-icon ${name}`}>${icon(name)}</span>
    <h2>${title}</h2>
    <div class="state-text">${text}</div>
    <div class="state-actions">${more}</div>
  </div>`;
}

/** Placeholders before the first answer. */
function skeletonView({ texts, progress }: Model): TemplateResult {
  const blocks = (count: number, className: string) =>
    Array.from(
      { length: count },
      () => html`<div class=${`${className} skeleton`}><span></span><b></b></div>`,
    );
  return html`<div class="loading">
    <p class="quiet reading">${progress || texts.loading}</p>
    <div class="cards" aria-hidden="true">${blocks(7, "card")}</div>
    <div class="panels" aria-hidden="true">
      <div class="panel wide skeleton"><span></span><b></b></div>
      ${blocks(2, "panel")}
    </div>
  </div>`;
}
