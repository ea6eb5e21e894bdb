import { html, nothing, type TemplateResult } from "lit";
import type { UserType } from "../../src/clever/reports";
import { openingFilter, openingFilterFor, rangePresets } from "../../src/dashboard/opening";
import { compareView } from "./compareView";
import { comparedText } from "./comparisonWords";
import { filterParts, presetName, rangeName } from "./filterWords";
import { dateLimits, fill } from "./formats";
import { icon } from "./icons";
import { MultiSelect } from "./MultiSelect";
import { type FilterPatch, type Model, type NameList, nameIn, nameLists } from "./model";
import { close, onSubmit, popover } from "./popover";
import { savedView, type Typed } from "./savedView";
import { schoolGroups } from "./schoolGroups";

/** The bar with all filters, and the chips of the active ones. */
export class FilterBar {
  private readonly selects = {
    schools: new MultiSelect<string | null>("filter-schools"),
    resources: new MultiSelect<string | null>("filter-resources"),
    resourceTypes: new MultiSelect<string | null>("filter-resourceTypes"),
    grades: new MultiSelect<string | null>("filter-grades"),
  };
  private readonly people = new MultiSelect<UserType>("filter-userTypes");
  private readonly savedName: Typed = { name: "" };

  view(model: Model): TemplateResult {
    const { texts, answer, filter, actions } = model;
    const options = answer?.options;
    const isShown = model.phase.name === "ready";
    return html`<section class="filters" aria-label=${texts.filters}>
      <div class="filter-bar">
        ${this.dates(model)}
        ${compareView(model)}
        ${nameLists.map((list) => (options ? this.names(model, list) : nothing))}
        ${
          options
            ? this.people.view(model, {
                title: texts.userTypes,
                choices: options.userTypes.map((value) => ({ value, name: texts[value] })),
                chosen: filter.userTypes,
                choose: (change) => actions.setFilter({ userTypes: [...change(model.filter.userTypes)] }),
              })
            : nothing
        }
        ${unitsView(model)}
      </div>
      <div class="filter-state">
        ${chipsView(model)}
        <span class="bar-end">
          ${savedView(model, this.savedName)}
          <button type="button" class="control plain" id="reset"
            @click=${() => actions.setFilter(options ? openingFilterFor(options) : openingFilter)}>
            ${icon("discard")}<span>${texts.reset}</span>
          </button>
          <button type="button" class="control" id="export-html" title=${texts.exportHtml} ?disabled=${!isShown}
            @click=${() => actions.post({ type: "saveDashboard", view: model.view })}
          >${icon("export")}<span>${texts.export}</span></button>
          ${menuView(model)}
        </span>
      </div>
    </section>`;
  }

  private names(model: Model, list: NameList): TemplateResult | typeof nothing {
    const { texts, answer, filter, actions } = model;
    if (!answer) return nothing;
    const { options } = answer;
    const all =
      list === "resources" ? [...new Set(options.resources.map(({ name }) => name))] : options[list];
    if (list === "grades" && all.length === 0) return nothing;
    // A filtered name stays visible even if the data no longer has it.
    const known = [...all, ...filter[list].filter((name) => !all.includes(name))];
    return this.selects[list].view(model, {
      title: texts[list],
      choices: known.map((value) => ({ value, name: nameIn(texts, list, value) })),
      chosen: filter[list],
      choose: (change) => actions.setFilter({ [list]: [...change(model.filter[list])] }),
      groups: list === "schools" ? schoolGroups(texts, options, model.saved.groups) : [],
    });
  }

  private dates(model: Model): TemplateResult {
    const { texts, filter, answer, actions } = model;
    const { range } = filter;
    const limits = dateLimits(answer?.options);
    const from = "from" in range ? limits.nearest(range.from) : (answer?.from ?? "");
    const to = "to" in range ? limits.nearest(range.to) : (answer?.to ?? "");
    const date = (name: "from" | "to", value: string) =>
      html`<label><span>${texts[name]}</span>
        <input id=${`own-${name}`} name=${name} type="date" class="input" required min=${limits.first} max=${limits.last} value=${value} />
      </label>`;
    const submit = onSubmit((own) => {
      const [first, last] = [own("from"), own("to")];
      close("filter-dates");
      actions.setFilter({ range: first <= last ? { from: first, to: last } : { from: last, to: first } });
    });
    return popover({
      id: "filter-dates",
      className: "control active",
      width: 280,
      heading: texts.dates,
      face: html`${icon("calendar")}<span class="control-title">${texts.dates}</span>
        <span class="control-value">${rangeName(model, filter)}</span>${icon("chevronDown")}`,
      // Until the reader enters others, they are those of the filter, even if it changes in the meantime.
      opened: () => document.querySelector<HTMLFormElement>("#filter-dates form")?.reset(),
      content: html`<div class="dates">
        <fieldset>
          <legend class="spoken">${texts.dates}</legend>
          ${rangePresets.map(
            (preset) => html`<label class="choice">
              <input
                type="radio"
                name="preset"
                value=${preset}
                .checked=${"preset" in range && range.preset === preset}
                @change=${() => actions.setFilter({ range: { preset } })}
              /><span>${presetName(texts, preset)}</span>
            </label>`,
          )}
        </fieldset>
        <form class="own-range" @submit=${submit}>
          <span class="choices-title">${texts.ownRange}</span>
          ${date("from", from)}${date("to", to)}
          <button type="submit" class="button" id="own-apply">${texts.apply}</button>
        </form>
      </div>`,
    });
  }
}

function unitsView({ texts, view, actions }: Model): TemplateResult {
  const choice = (units: "absolute" | "percent", text: string, hint: string, letter: string) =>
    html`<button type="button" class="segment" id=${`units-${units}`} aria-pressed=${view.units === units} title=${hint}
      @click=${() => actions.setView({ units })}><span aria-hidden="true">${letter}</span><span class="spoken">${text}</span></button>`;
  return html`<span class="segments" role="group" aria-label=${texts.units}>
    ${choice("absolute", texts.absolute, texts.absoluteHint, "123")}
    ${choice("percent", texts.percent, texts.percentHint, "%")}
  </span>`;
}

function menuView(model: Model): TemplateResult {
  const { texts, filter, phase, actions } = model;
  const isShown = phase.name === "ready";
  const command = (id: string, text: string, act: () => void) =>
    html`<button type="button" role="menuitem" class="command" id=${id} @click=${act}>${text}</button>`;
  return popover({
    id: "more",
    className: "control plain icon-only",
    label: texts.more,
    face: icon("ellipsis"),
    heading: texts.more,
    menu: true,
    width: 200,
    content: html`
      ${command("copy-filter", texts.copyFilter, () => actions.post({ type: "copyFilter", filter, question: model.view.question }))}
      ${isShown ? command("page-png", texts.pageAsPng, () => actions.savePage("png")) : nothing}
      ${isShown ? command("page-svg", texts.pageAsSvg, () => actions.savePage("svg")) : nothing}
      ${command("paste-filter", texts.pasteFilter, () => actions.post({ type: "pasteFilter" }))}`,
  });
}

function chipsView(model: Model): TemplateResult {
  const { texts, formats, filter, answer, saved, actions } = model;
  const parts = filterParts(texts, filter, answer?.options, saved.groups);
  const isOpening = "preset" in filter.range && filter.range.preset === "schoolYear";
  const compared = comparedText(model, filter);
  const chip = (text: string, without: FilterPatch, id?: string) => {
    const label = fill(texts.removeFilter, text);
    return html`<li class="chip" id=${id ?? nothing}>
      <bdi class="chip-name" title=${text}>${text}</bdi>
      <button type="button" aria-label=${label} title=${label} @click=${() => actions.setFilter(without)}>${icon("close")}</button>
    </li>`;
  };
  const dates = answer ? formats.range(answer.from, answer.to) : rangeName(model, filter);
  return html`<ul class="chips" aria-label=${texts.activeFilters}>
    <li class="chip" id="chip-range">
      <span>${dates}</span>
      ${
        isOpening
          ? nothing
          : html`<button type="button" aria-label=${texts.removeRange} title=${texts.removeRange}
              @click=${() => actions.setFilter({ range: { preset: "schoolYear" } })}>${icon("close")}</button>`
      }
    </li>
    ${compared === undefined ? nothing : chip(compared, { compare: undefined }, "chip-compare")}
    ${parts.map(({ text, without }) => chip(text, without))}
  </ul>`;
}
