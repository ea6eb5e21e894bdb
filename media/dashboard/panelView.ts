import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import type { ChartHost } from "./charts/ChartElement";
import type { Chart, LegendEntry } from "./charts/chart";
import type { ImageKind } from "./charts/exportImage";
import { dataTableView } from "./dataTableView";
import { imageFile } from "./exportFiles";
import { fill } from "./formats";
import { absentSentences, withoutDays } from "./missingWords";
import type { Ready } from "./model";
import { type Control, markNotes, type Panel } from "./panels/panel";
import { mostSchools } from "./panels/placePanel";
import { asTableView, exportView, partView } from "./partView";
import { entered } from "./popover";
import { otherDivisionView, sentencesView } from "./suppressionView";

/** A chart with its title and controls, or its table instead; the chart is only drawn again for another panel. */
export function panelView(ready: Ready, panel: Panel, below: unknown = nothing): TemplateResult {
  const { texts, view, frozen, actions } = ready;
  const asTable = view.asTable.includes(panel.id);
  const filtered = ready.filter.resources.length + ready.filter.resourceTypes.length > 0;
  const without = withoutDays(ready, panel.report);
  const notes = html`
    ${panel.note ? html`<p class="quiet note">${panel.note}</p>` : nothing}
    ${without ? html`<p class="quiet note without">${without}</p>` : nothing}
    ${
      panel.report === "dailyParticipation" && filtered
        ? html`<p class="badge" title=${texts.allResourcesHint}>${texts.allResourcesNote}</p>`
        : nothing
    }`;
  const save = (kind: ImageKind) => () => {
    const file = imageFile(ready, panel, kind);
    if (file) actions.save(file);
  };
  const tools = html`
    ${(panel.controls ?? []).map((control) => controlView(control, ready, panel.id))}
    ${asTableView(ready, panel)}
    ${exportView(ready, panel, panel.table, [
      ["png", texts.asPng, save("png")],
      ["svg", texts.asSvg, save("svg")],
    ])}`;
  const body = html`${panel.lead ?? nothing}
    ${
      asTable
        ? dataTableView(ready, panel.title, panel.table())
        : guard([panel], () => drawingView(ready, panel, below))
    }
    ${suppressedView(ready, panel)}
    ${panel.caption && !asTable ? html`<p class="quiet caption">${panel.caption}</p>` : nothing}
    ${panel.id === "time" && !asTable && !frozen && ready.answer.byDay.length > 1 ? html`<p class="quiet hint">${texts.dragHint}</p>` : nothing}
    ${below}`;
  return partView(ready, panel, notes, tools, body);
}

function drawingView(ready: Ready, panel: Panel, below: unknown) {
  const chart = panel.chart(ready.look);
  if (!chart) return below === nothing ? nothingView(ready, panel) : nothing;
  return html`${legendView(ready, chart.legend)}${chartView(ready, panel.summary, chart)}`;
}

/** Why there is no chart, unless the sentences below say so. */
function nothingView(ready: Ready, { report, footnotes = [] }: Panel) {
  const reasons = absentSentences(ready, ready.answer.absent.includes(report) ? [report] : []);
  if (footnotes.length > 0) return nothing;
  return html`<p class="quiet nothing">${reasons[0] ?? ready.texts.nothingToShow}</p>`;
}

function suppressedView(ready: Ready, panel: Panel) {
  const notes = markNotes(ready, panel);
  if (notes.length === 0 && !panel.offersOther) return nothing;
  return html`<div class="quiet suppressed-notes">
    ${notes.length === 0 ? nothing : html`<span aria-hidden="true">*</span><div>${sentencesView(ready, notes)}</div>`}
    ${panel.offersOther ? otherDivisionView(ready) : nothing}
  </div>`;
}

export function chartView(ready: Ready, label: string, chart: Chart): TemplateResult {
  const { texts, look, frozen, actions } = ready;
  const host: ChartHost = {
    chart,
    look,
    label,
    role: texts.chart,
    keys: frozen ? texts.chartKeysExported : texts.chartKeys,
    pick: ({ pick }) => {
      if (pick && !frozen) actions.setFilter(pick);
    },
    choose: (from, to) => {
      if (!frozen) actions.setFilter({ range: { from, to } });
    },
    announce: (text) => actions.announce(text),
  };
  return html`<clever-chart class="chart" .shown=${host}></clever-chart>`;
}

export function legendView(
  { frozen, actions }: Ready,
  legend: readonly LegendEntry[],
): TemplateResult | typeof nothing {
  if (legend.length === 0) return nothing;
  const key = ({ colour, shape }: LegendEntry) =>
    html`<span class=${`key ${shape}`} .style=${`--key: ${colour}`}></span>`;
  return html`<ul class="legend">${legend.map((entry) => {
    const { name, pick, picked } = entry;
    return html`<li>${
      pick && !frozen
        ? html`<button type="button" class="legend-entry" aria-pressed=${picked === true} @click=${() => actions.setFilter(pick)}>
            ${key(entry)}<bdi>${name}</bdi></button>`
        : html`<span class="legend-entry">${key(entry)}<bdi>${name}</bdi></span>`
    }</li>`;
  })}</ul>`;
}

const schoolSteps = [6, 12, 25, 50];
const topSteps = [3, 4, 5, 6, 7, 8];

function controlView(
  control: Control,
  { texts, view, answer, formats, actions }: Ready,
  panel: string,
): TemplateResult {
  const all = answer.bySchool.length;
  const schools = (step: number) =>
    step < all ? fill(texts.schoolsOf, step, formats.integer(all)) : texts.allSchools;
  const { label, steps, text } = {
    topResources: { label: texts.resources, steps: topSteps, text: (step: number) => fill(texts.top, step) },
    schoolsShown: {
      label: texts.schools,
      steps: [...schoolSteps.filter((step) => step < all), 0],
      text: (step: number) => schools(step || mostSchools),
    },
  }[control];
  return html`<select class="select" id=${`${panel}-${control}`} aria-label=${label} title=${label}
    @change=${(event: Event) => actions.setView({ [control]: Number(entered(event)) })}
  >${steps.map((step) => html`<option value=${step} .selected=${step === view[control]}>${text(step)}</option>`)}</select>`;
}
