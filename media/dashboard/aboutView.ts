import { html, nothing, type TemplateResult } from "lit";
import type { Explanation } from "../../src/dashboard/export/definitionTexts";
import { comparedText } from "./comparisonWords";
import { filterParts, groupRule } from "./filterWords";
import { fill } from "./formats";
import type { Ready } from "./model";
import type { Panel } from "./panels/panel";

/** The head of an exported page: its period and filters, and buttons to print and export it. */
export function exportedHead(ready: Ready): TemplateResult {
  const { texts, formats, district, filter, answer, actions } = ready;
  const parts = filterParts(texts, filter, answer.options);
  const compared = comparedText(ready, filter);
  return html`<header class="exported-head">
    <div>
      ${district === "" ? nothing : html`<p class="exported-district">${district}</p>`}
      <h1>${texts.title}</h1>
      <p class="exported-period">${formats.range(answer.from, answer.to)}</p>
      <ul class="chips" aria-label=${texts.activeFilters}>
        ${compared === undefined ? nothing : html`<li class="chip"><bdi class="chip-name" title=${compared}>${compared}</bdi></li>`}
        ${parts.map(({ text }) => html`<li class="chip"><bdi class="chip-name" title=${text}>${text}</bdi></li>`)}
        ${parts.length === 0 ? html`<li class="chip">${texts.filters}: ${texts.none}</li>` : nothing}
      </ul>
    </div>
    <div class="exported-tools">
      <button type="button" class="button secondary" id="page-png" @click=${() => actions.savePage("png")}>${texts.pageAsPng}</button>
      <button type="button" class="button" id="print" @click=${() => window.print()}>${texts.print}</button>
    </div>
  </header>`;
}

/** Definitions of the numbers, when they were computed and what is suppressed; in full on exported or printed pages. */
export function aboutView(
  { texts, formats, answer, frozen }: Ready,
  panels: readonly Panel[],
): TemplateResult {
  const rule = groupRule(texts, answer.minimumGroupSize);
  const computed = fill(texts.exportedOn, formats.moment(answer.computed));
  if (!frozen) return html`<footer class="about quiet"><p>${rule}</p><p>${computed}</p></footer>`;
  const { definitions } = texts;
  const terms: readonly (readonly [string, Explanation])[] = [
    [texts.users, definitions.users],
    [texts.activeUsers, definitions.activeUsers],
    [texts.resourceUsers, definitions.resourceUsers],
    [texts.logins, definitions.logins],
    [texts.accesses, definitions.accesses],
    [texts.distinctResources, definitions.resources],
    [texts.days, definitions.days],
    ...panels.map(({ title, definition }) => [title, definition] as const),
    ...(answer.licences ? ([[texts.titleLicences, definitions.licences]] as const) : []),
    [texts.titleTable, definitions.table],
  ];
  // Charts of one kind share a definition.
  const first = terms.filter(([, each], at) => terms.findIndex(([, other]) => other === each) === at);
  return html`<footer class="about panel wide">
    <h2>${texts.aboutTitle}</h2>
    <dl>${first.map(
      ([term, { brief, exact }]) => html`<div><dt>${term}</dt>
        <dd>${brief}<details><summary>${texts.more}</summary>${exact}</details></dd></div>`,
    )}
      <div><dt>${texts.privacy}</dt><dd>${rule}</dd></div>
      <div><dt>${texts.rulesTitle}</dt>${texts.rules.map((each) => html`<dd>${each}</dd>`)}</div>
    </dl>
    <p class="quiet">${computed} · ${texts.source}</p>
  </footer>`;
}
