import { html, nothing, type TemplateResult } from "lit";
import type { Card, Cards, People } from "../../src/dashboard/answer";
import { explainView } from "./explainView";
import { daysBefore, daysIn, fill } from "./formats";
import { icon } from "./icons";
import type { Ready } from "./model";
import { shareOf } from "./panels/panel";

/** The numbers on top, each with what became of it since the period before. */
export function cardsView(ready: Ready): TemplateResult {
  const { texts, formats, answer, view } = ready;
  const { cards } = answer;
  const inPercent = view.units === "percent";
  const integer = (value: number) => formats.integer(value);
  const percent = (value: number) => formats.share(value);
  const percentOf = (card: Card<People>): Card<People> => ({
    value: shareOf(card.value, cards.users.value),
    before: shareOf(card.before, cards.users.before),
  });
  const people = (id: "activeUsers" | "resourceUsers", title: string) => {
    const card = cards[id];
    const share = shareOf(card.value, cards.users.value);
    if (inPercent) return cardView(ready, id, title, percentOf(card), percent, formats.shown(card.value));
    const beside = typeof share === "number" ? fill(texts.ofUsers, formats.share(share)) : undefined;
    return cardView(ready, id, title, card, integer, beside);
  };
  const length = daysIn(answer.from, answer.to);
  const before = formats.range(daysBefore(answer.from, length), daysBefore(answer.from, 1));
  const all: readonly Card<People>[] = Object.values(cards);
  const compared = all.some((card) => changeOf(card) !== undefined);
  return html`<section class="numbers" aria-label=${texts.title}>
    <div class="cards">
      ${cardView(ready, "users", texts.users, cards.users, integer)}
      ${people("activeUsers", texts.activeUsers)}
      ${people("resourceUsers", texts.resourceUsers)}
      ${cardView(ready, "logins", texts.logins, cards.logins, integer)}
      ${cardView(ready, "accesses", texts.accesses, cards.accesses, integer)}
      ${cardView(ready, "resources", texts.differentResources, cards.resources, integer)}
      ${cardView(ready, "days", texts.days, cards.days, integer)}
    </div>
    <p class="quiet cards-note" title=${texts.definitions.before}>${compared ? fill(texts.against, before) : texts.noBefore}</p>
  </section>`;
}

function cardView(
  ready: Ready,
  id: keyof Cards,
  title: string,
  card: Card<People>,
  format: (value: number) => string,
  beside?: string,
): TemplateResult {
  const { texts, formats, answer } = ready;
  const { value } = card;
  return html`<div class="card" id=${`card-${id}`}>
    <div class="card-title"><h2>${title}</h2>${explainView(ready, `card-${id}`, title, texts.definitions[id])}</div>
    ${
      value === null
        ? html`<p class="card-value hidden" title=${fill(texts.hiddenHint, answer.minimumGroupSize)}>
            ${icon("lock")}${texts.hidden}
          </p>`
        : html`<p class="card-value">${formats.shown(value, format)}</p>`
    }
    <p class="card-foot">
      ${changeView(ready, card)}
      ${beside === undefined ? nothing : html`<span class="quiet">${beside}</span>`}
    </p>
  </div>`;
}

/** How a number stands to the one before; undefined where the two cannot be compared. */
function changeOf({ value, before }: Card<People>): number | undefined {
  if (typeof value !== "number" || typeof before !== "number" || before === 0) return undefined;
  return value / before - 1;
}

/** In words and an arrow, without colour: whether more is better is for the reader to say. */
function changeView({ texts, formats }: Ready, card: Card<People>): TemplateResult | typeof nothing {
  const change = changeOf(card);
  if (change === undefined) return nothing;
  if (change === 0) return html`<span class="delta">${texts.unchanged}</span>`;
  return html`<span class="delta">${icon(change > 0 ? "arrowUp" : "arrowDown")}${change > 0 ? "+" : "−"}${formats.share(Math.abs(change))}</span>`;
}
