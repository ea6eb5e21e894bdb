import { html, nothing, type TemplateResult } from "lit";
import type { Change, Subjects } from "../../src/dashboard/answer";
import type { Picture } from "./charts/picture";
import { weeksLegend } from "./charts/weeksPicture";
import { dataTableView } from "./dataTableView";
import { explainView } from "./explainView";
import { exportMenu } from "./exportMenu";
import { fill, isolated } from "./formats";
import { icon } from "./icons";
import { formerNames, nameIn, pickName, type Ready, toggled, typeName } from "./model";
import type { DataTable } from "./panels/panel";
import { chartView, legendView, type PanelContext } from "./panelView";

const shownAtFirst = 3;

/** What rose or fell against its own past, each with the picture that shows it; or why nothing can be said. */
export function changesView(context: PanelContext, pictureOf: (change: Change) => Picture): TemplateResult {
  const { ready, actions, exporter, model } = context;
  const { texts, formats, answer, view } = ready;
  const { changes } = answer;
  const asTable = view.asTable.includes("changes");
  const shown = view.allChanges ? changes.entries : changes.entries.slice(0, shownAtFirst);
  const more = changes.entries.length - shownAtFirst;
  const title = texts.titleChanges;
  return html`<section class="panel wide" id="panel-changes" aria-label=${title}>
    <header class="panel-head">
      <div class="panel-title">
        <h2>${title}${explainView(ready, "changes", title, texts.definitions.changes)}</h2>
        ${unjudgedSentences(ready).map((text) => html`<p class="quiet note unjudged">${text}</p>`)}
      </div>
      <div class="panel-tools">
        ${
          changes.entries.length === 0
            ? nothing
            : html`<button type="button" class="icon-button as-table" aria-pressed=${asTable}
                  aria-label=${`${texts.showAsTable}: ${title}`} title=${asTable ? texts.showAsPicture : texts.showAsTable}
                  @click=${() => actions.setView({ asTable: toggled(view.asTable, "changes") })}
                >${icon(asTable ? "graph" : "table")}</button>
                ${exportMenu(ready, "changes", title, [["csv", texts.asCsv, () => exporter.table(ready, "changes", title, texts.definitions.changes, changesTable(ready))]])}`
        }
      </div>
    </header>
    ${
      changes.entries.length === 0
        ? emptyView(ready)
        : asTable
          ? dataTableView(ready, model.frozen ? undefined : actions, title, changesTable(ready))
          : html`${legendView(weeksLegend(ready, model.look), undefined)}<ol class="changes">${shown.map((change) => changeView(context, change, pictureOf(change)))}</ol>`
    }
    ${
      more > 0 && !asTable
        ? html`<button type="button" class="link more-changes" aria-expanded=${view.allChanges}
            @click=${() => actions.setView({ allChanges: !view.allChanges })}
          >${view.allChanges ? texts.showFewer : `${texts.showAll} (${formats.integer(changes.entries.length)})`}</button>`
        : nothing
    }
  </section>`;
}

const countOf = ({ resources, schools }: Subjects) => resources + schools;

function subjectsText({ texts, formats }: Ready, { resources, schools }: Subjects): string {
  return fill(texts.subjects, formats.integer(resources), formats.integer(schools));
}

/** What could not be judged, and what would help. */
function unjudgedSentences(ready: Ready): string[] {
  const { weeks, weeksNeeded, unjudged } = ready.answer.changes;
  if (weeks < weeksNeeded) return [];
  const { unjudgedWeeks, unjudgedUse, unjudgedLeftOut } = ready.texts;
  const kinds = [
    [unjudgedWeeks, unjudged.weeks],
    [unjudgedUse, unjudged.use],
  ] as const;
  const { leftOut } = unjudged;
  return [
    ...kinds.flatMap(([text, some]) => (countOf(some) > 0 ? [fill(text, subjectsText(ready, some))] : [])),
    ...(leftOut > 0 ? [fill(unjudgedLeftOut, ready.formats.integer(leftOut))] : []),
  ];
}

function emptyView(ready: Ready): TemplateResult {
  const { texts, formats, answer } = ready;
  const { weeks, weeksNeeded, judged } = answer.changes;
  const early = weeks < weeksNeeded;
  if (!early && countOf(judged) === 0) {
    return html`<div class="no-changes">${icon("question")}<p class="strong">${texts.nothingJudgedTitle}</p></div>`;
  }
  return html`<div class="no-changes">
    ${icon(early ? "calendar" : "check")}
    <div>
      <p class="strong">${early ? texts.tooFewWeeksTitle : texts.noChangesTitle}</p>
      <p class="quiet">${
        early
          ? fill(texts.tooFewWeeksText, formats.integer(weeksNeeded), formats.integer(weeks))
          : fill(texts.noChangesText, subjectsText(ready, judged))
      }</p>
    </div>
  </div>`;
}

function changeView(context: PanelContext, change: Change, picture: Picture): TemplateResult {
  const { ready, actions, model } = context;
  const { texts, filter } = ready;
  const list = change.subject === "school" ? "schools" : "resources";
  const name = nameIn(texts, list, change.name);
  const kind = change.subject === "school" ? texts.school : typeName(texts, change.type);
  const sentence = changeSentence(ready, change);
  const former = formerNamesOf(ready, change);
  return html`<li class="change">
    <div class="change-head">
      <span class=${`direction ${change.direction}`}>${directionView(ready, change)}</span>
      ${
        model.frozen
          ? html`<bdi class="change-name" title=${name}>${name}</bdi>`
          : html`<button type="button" class="change-name link" title=${fill(texts.filterBy, isolated(name))}
              @click=${() => actions.setFilter(pickName(filter, list, change.name))}><bdi>${name}</bdi></button>`
      }
      <span class="quiet change-kind">${change.partly ? `${kind} · ${texts.ofCounted}` : kind}</span>
    </div>
    ${former ? html`<p class="quiet change-text former">${former}</p>` : nothing}
    <p class="change-text">${sentence}</p>
    ${chartView(context, `${isolated(name)}: ${sentence}`, picture)}
  </li>`;
}

/** A changed resource may be one that was renamed. */
function formerNamesOf(ready: Ready, { subject, name, type }: Change): string | undefined {
  if (subject !== "resource") return undefined;
  const entry = ready.answer.options.resources.find((each) => each.name === name && each.type === type);
  return entry && formerNames(ready, entry);
}

function directionView({ texts, formats }: Ready, { direction, actual, expected }: Change): TemplateResult {
  const up = direction === "rose" || direction === "new";
  const text = { rose: texts.rose, fell: texts.fell, new: texts.isNew, stopped: texts.stopped }[direction];
  const by =
    direction === "rose" || direction === "fell"
      ? ` ${formats.wholeShare(Math.abs(actual / expected - 1))}`
      : "";
  return html`${icon(up ? "arrowUp" : "arrowDown")}${text}${by}`;
}

function changeSentence({ texts, formats }: Ready, { actual, expected }: Change): string {
  const number = (value: number) =>
    value > 0 && value < 10 ? formats.decimal(value) : formats.integer(value);
  return fill(texts.changeText, number(actual), number(expected));
}

function changesTable({ texts, answer, filter }: Ready): DataTable {
  return {
    columns: [
      { title: texts.subject, kind: "text" },
      { title: texts.type, kind: "text" },
      { title: texts.change, kind: "text" },
      { title: texts.actual, kind: "decimal" },
      { title: texts.expected, kind: "decimal" },
    ],
    rows: answer.changes.entries.map(({ subject, name, type, direction, actual, expected, partly }) => {
      const list = subject === "school" ? "schools" : "resources";
      return {
        cells: [
          nameIn(texts, list, name),
          subject === "school" ? texts.school : typeName(texts, type),
          { rose: texts.rose, fell: texts.fell, new: texts.isNew, stopped: texts.stopped }[direction],
          actual,
          expected,
        ],
        pick: pickName(filter, list, name),
        partly,
      };
    }),
  };
}
