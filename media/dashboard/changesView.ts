import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import type { Change } from "../../src/dashboard/answer";
import { weeksChart, weeksLegend } from "./charts/weeksChart";
import { fill, isolated } from "./formats";
import { icon } from "./icons";
import { formerNames, formerSchoolNames, nameIn, pickName, type Ready } from "./model";
import {
  changeDirection,
  changeKind,
  changeList,
  countOf,
  emptyTexts,
  unjudgedTexts,
} from "./panels/changesPanel";
import { chartView, legendView } from "./panelView";

const shownAtFirst = 3;

/**
 * Below the chart of all changes: the weeks of each change, or why there are none, and what could not be judged.
 */
export function changesBelow(ready: Ready): TemplateResult {
  const { texts, formats, answer, view, look, actions } = ready;
  const { entries } = answer.changes;
  const shown = view.allChanges ? entries : entries.slice(0, shownAtFirst);
  const weeks = html`${legendView(ready, weeksLegend(ready, look))}
    <ol class="changes">${shown.map((change) => changeView(ready, change))}</ol>`;
  return html`${entries.length === 0 ? emptyView(ready) : view.asTable.includes("changes") ? nothing : weeks}
    ${
      entries.length > shownAtFirst && !view.asTable.includes("changes")
        ? html`<button type="button" class="link more-changes" aria-expanded=${view.allChanges}
            @click=${() => actions.setView({ allChanges: !view.allChanges })}
          >${view.allChanges ? texts.showFewer : `${texts.showAll} (${formats.integer(entries.length)})`}</button>`
        : nothing
    }
    ${unjudgedView(ready)}`;
}

function unjudgedView(ready: Ready): TemplateResult | typeof nothing {
  const { brief, sentences } = unjudgedTexts(ready);
  if (sentences.length === 0) return nothing;
  return html`<details class="quiet note unjudged"><summary>${brief}</summary>${sentences.map((text) => html`<p>${text}</p>`)}</details>`;
}

function emptyView(ready: Ready): TemplateResult {
  const { absent, changes } = ready.answer;
  const { title, text } = emptyTexts(ready);
  const isUnknown = countOf(changes.judged) === 0 || absent.includes("resourceUsage");
  const name = changes.weeks < changes.weeksNeeded ? "calendar" : isUnknown ? "question" : "check";
  return html`<div class="no-changes">${icon(name)}<div><p class="strong">${title}</p>
    ${text === undefined ? nothing : html`<p class="quiet">${text}</p>`}</div></div>`;
}

function changeView(ready: Ready, change: Change): TemplateResult {
  const { texts, formats, filter, frozen, look, actions } = ready;
  const list = changeList(change);
  const name = nameIn(texts, list, change.name);
  const [actual, expected] = [formats.average(change.actual), formats.average(change.expected)];
  const sentence = fill(texts.changeText, actual, expected);
  const former = formerNamesIn(ready, change);
  const up = change.direction === "rose" || change.direction === "new";
  return html`<li class="change">
    <div class="change-head">
      <span class=${`direction ${change.direction}`}>${icon(up ? "arrowUp" : "arrowDown")}${changeDirection(ready, change)}</span>
      ${
        frozen
          ? html`<bdi class="change-name" title=${name}>${name}</bdi>`
          : html`<button type="button" class="change-name link" title=${fill(texts.filterBy, isolated(name))}
              @click=${() => actions.setFilter(pickName(filter, list, change.name))}><bdi>${name}</bdi></button>`
      }
      <span class="quiet change-kind">${changeKind(ready, change)}</span>
    </div>
    ${former ? html`<p class="quiet change-text former">${former}</p>` : nothing}
    ${guard([change, look], () =>
      chartView(ready, `${isolated(name)}: ${sentence}`, weeksChart(change, ready, look)),
    )}
  </li>`;
}

/** A changed school or resource may just have been renamed. */
function formerNamesIn(ready: Ready, { subject, name, type }: Change): string | undefined {
  if (subject === "school") return formerSchoolNames(ready, name);
  const entry = ready.answer.options.resources.find((each) => each.name === name && each.type === type);
  return entry && formerNames(ready, entry);
}
