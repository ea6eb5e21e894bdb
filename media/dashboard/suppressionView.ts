import { html, nothing, type TemplateResult } from "lit";
import type { Place } from "../../src/dashboard/withheld";
import { fill, type Language } from "./formats";
import { type IconName, icon } from "./icons";
import { absentSentences, missingSentences, quarantineSentences } from "./missingWords";
import type { Ready } from "./model";
import { suppressionSentences } from "./suppressionWords";

/** The number of sentences that are visible at once; the others can be unfolded. */
const maxVisible = 3;

/** The groups and days that the answer suppresses, and why, in words. */
export function suppressionView(ready: Ready): TemplateResult | typeof nothing {
  const sentences = suppressionSentences(ready);
  if (sentences.length === 0) return nothing;
  return noteView("suppressed", ready.texts.whatIsSuppressed, "people", sentencesView(ready, sentences));
}

function noteView(id: string, label: string, name: IconName, content: TemplateResult): TemplateResult {
  return html`<section class="callout" id=${id} aria-label=${label}>${icon(name)}<div>${content}</div></section>`;
}

export function sentencesView({ texts, formats }: Language, sentences: readonly string[]): TemplateResult {
  const others = sentences.slice(maxVisible);
  return html`${sentences.slice(0, maxVisible).map((text) => html`<p>${text}</p>`)}
    ${
      others.length === 0
        ? nothing
        : html`<details><summary>${fill(texts.moreSentences, formats.integer(others.length))}</summary>
            ${others.map((text) => html`<p>${text}</p>`)}</details>`
    }`;
}

/** Which reports are missing in the range, with a link to details. */
export function missingReportsView(ready: Ready): TemplateResult | typeof nothing {
  const { texts, actions } = ready;
  const { absent, missing, quarantined } = ready.answer;
  const sentences = [
    ...absentSentences(ready, absent),
    ...missingSentences(ready, missing),
    ...quarantineSentences(ready, quarantined),
  ];
  if (sentences.length === 0) return nothing;
  const link = html`<button type="button" class="link" id="show-reports" @click=${() => actions.post({ type: "command", command: "reports.focus" })}>${texts.showReports}</button>`;
  return noteView(
    "incomplete",
    texts.incomplete,
    "warning",
    html`${sentencesView(ready, sentences)}<p>${texts.missingReportsNote}
      ${ready.frozen ? nothing : link}</p>`,
  );
}

/** A note that another program changed rows. */
export function changedRowsView({ texts, answer }: Ready): TemplateResult | typeof nothing {
  if (!answer.rowsChanged) return nothing;
  return noteView("changed-rows", texts.changedRows, "warning", html`<p>${texts.rowsChanged}</p>`);
}

/** A note that the tables are larger than those that the dashboard was measured with. It suggests a better tool. */
export function largeView({ texts, formats, answer }: Ready): TemplateResult | typeof nothing {
  const { beyondMeasured } = answer;
  if (beyondMeasured === null) return nothing;
  const { rows, measured } = beyondMeasured;
  const text = fill(texts.beyondMeasured, formats.integer(rows), formats.integer(measured));
  return noteView("large", texts.large, "database", html`<p>${text}</p>`);
}

/** A button that extends the filter to the people that its choice must be shown together with. */
export function togetherView({ answer, filter, texts, frozen, actions }: Ready) {
  const places = answer.withheld.filter.flatMap(({ together }) => together);
  if (frozen || places.length === 0) return nothing;
  const widened = <T>(chosen: readonly T[], of: (place: Place) => readonly T[]) =>
    chosen.length === 0 ? [] : [...new Set([...chosen, ...places.flatMap(of)])];
  const isWhole = places.some(({ grades }) => grades === null);
  const patch = {
    schools: widened(filter.schools, ({ school }) => [school]),
    userTypes: widened(filter.userTypes, ({ userType }) => [userType]),
    grades: isWhole ? [] : widened(filter.grades, ({ grades }) => grades ?? []),
  };
  return html`<button type="button" class="button" id="show-together" @click=${() => actions.setFilter(patch)}>${texts.showTogether}</button>`;
}

/** A button for the other division, which may be able to show what this one cannot. */
export function otherDivisionView({ answer, texts, frozen, actions }: Ready) {
  const { schools, grades } = answer.options;
  // With one school or one grade, both divisions are the same.
  if (frozen || schools.length < 2 || grades.length < 2) return nothing;
  const keep = answer.keepWhole === "schools" ? "grades" : "schools";
  return html`<button type="button" class="link keep-whole" title=${texts.keepHint}
    @click=${() => actions.post({ type: "keepWhole", keep })}
  >${keep === "grades" ? texts.keepGrades : texts.keepSchools}</button>`;
}
