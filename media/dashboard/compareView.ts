import { html, nothing, type TemplateResult } from "lit";
import { breakName } from "./breakNames";
import { breakPatch } from "./comparisonWords";
import { dateLimits, fill } from "./formats";
import { icon } from "./icons";
import type { FilterPatch, Model } from "./model";
import { close, onSubmit, popover } from "./popover";

const maxNameLength = 60;

/** Chooses two periods to compare: around a break, or the reader's own, with names. */
export function compareView(model: Model): TemplateResult {
  const { texts, formats, filter, answer, actions } = model;
  const { compare, range } = filter;
  const before = compare ?? answer?.periods.before ?? undefined;
  const now = "from" in range ? range : answer;
  const limits = dateLimits(answer?.options);
  const apply = (patch: FilterPatch) => {
    close("filter-compare");
    actions.setFilter(patch);
  };
  const submit = onSubmit((text) => {
    const period = (name: string) => ({ from: text(`${name}-from`), to: text(`${name}-to`) });
    apply({
      range: period("second"),
      compare: { ...period("first"), name: text("first-name"), rangeName: text("second-name") },
    });
  });
  /** The browser shows the message instead of submitting the form. */
  const refuseReversed = ({ currentTarget }: Event) => {
    const form = currentTarget instanceof HTMLButtonElement ? currentTarget.form : null;
    for (const id of ["first", "second"]) {
      const [from, to] = ["from", "to"].map((end) => form?.elements.namedItem(`${id}-${end}`));
      if (!(from instanceof HTMLInputElement) || !(to instanceof HTMLInputElement)) continue;
      to.setCustomValidity(to.value < from.value ? texts.lastBeforeFirst : "");
    }
  };
  const period = (
    id: "first" | "second",
    title: string,
    name: string,
    days: { readonly from: string; readonly to: string } | undefined,
  ) => {
    const date = (end: "from" | "to") =>
      html`<label><span>${end === "from" ? texts.firstDay : texts.lastDay}</span><input class="input" type="date" required
        min=${limits.first} max=${limits.last} name=${`${id}-${end}`} id=${`compare-${id}-${end}`}
        .value=${days ? limits.nearest(days[end]) : ""} /></label>`;
    return html`<fieldset><legend class="choices-title">${title}</legend>
      <label><span>${texts.name}</span><input class="input" name=${`${id}-name`} id=${`compare-${id}-name`}
        maxlength=${maxNameLength} .value=${name} /></label>
      ${date("from")}${date("to")}
    </fieldset>`;
  };
  const command = (text: string, patch: FilterPatch, picked: boolean) =>
    html`<li><button type="button" class="command" aria-pressed=${picked} @click=${() => apply(patch)}>${text}</button></li>`;
  return popover({
    id: "filter-compare",
    className: compare ? "control active" : "control",
    width: 300,
    heading: texts.compare,
    face: html`${icon("compare")}<span class="control-title">${texts.compare}</span>
      ${compare ? html`<span class="control-value">${compare.name || formats.range(compare.from, compare.to)}</span>` : nothing}${icon("chevronDown")}`,
    content: html`<div class="dates compare">
      <ul>
        ${command(texts.periodBefore, { compare: undefined }, compare === undefined)}
        ${[...(answer?.options.breaks ?? [])]
          .reverse()
          .map((each) =>
            command(
              fill(texts.aroundBreak, breakName(model, each)),
              breakPatch(model, each),
              compare?.from === each.before.from && compare.to === each.before.to,
            ),
          )}
      </ul>
      <form class="own-range" id="compare-form" @submit=${submit}>
        ${period("first", texts.firstPeriod, compare?.name ?? "", before)}
        ${period("second", texts.secondPeriod, compare?.rangeName ?? "", now ?? undefined)}
        <button type="submit" class="button" id="compare-apply" @click=${refuseReversed}>${texts.compare}</button>
      </form>
    </div>`,
  });
}
