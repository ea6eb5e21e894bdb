import { html, nothing, type TemplateResult } from "lit";
import type { Card, Cards } from "../../src/dashboard/answer";
import { explainView } from "./explainView";
import { daysBefore, daysIn, fill } from "./formats";
import { icon } from "./icons";
import type { Ready } from "./model";
import { shareOf } from "./panels/schoolPanels";

/** The numbers on top, each with what became of it since the period before. */
export function cardsView(ready: Ready): TemplateResult {
  const { texts, formats, answer, view } = ready;
  const { cards } = answer;
  const share = shareOf(cards.activeUsers.value, cards.users.value);
  const inPercent = view.units === "percent";
  const ofUsers = (value: number) => fill(texts.ofUsers, formats.share(value));
  const percentOf = (card: Card): Card => ({
    ...card,
    value: shareOf(card.value, cards.users.value),
    before: shareOf(card.before, cards.users.before),
    atLeast: card.atLeast || cards.users.atLeast,
  });
  const integer = (value: number) => formats.integer(value);
  const percent = (value: number) => formats.share(value);
  const people = (id: keyof Cards, title: string, value: number | null) =>
    cardView(
      ready,
      id,
      title,
      inPercent ? percentOf(cards[id]) : cards[id],
      inPercent ? percent : integer,
      value === null
        ? undefined
        : inPercent
          ? formats.sum(cards[id].value, cards[id].atLeast || undefined)
          : `${cards[id].atLeast || cards.users.atLeast ? "≈ " : ""}${ofUsers(value)}`,
      // A share of two numbers that are both too low may be too high as well.
      inPercent ? "≈" : "≥",
    );
  const length = daysIn(answer.from, answer.to);
  const before = formats.range(daysBefore(answer.from, length), daysBefore(answer.from, 1));
  const compared = Object.values<Card>({ ...cards }).some((card) => changeOf(card) !== undefined);
  return html`<section class="numbers" aria-label=${texts.title}>
    <div class="cards">
      ${cardView(ready, "users", texts.users, cards.users, integer)}
      ${people("activeUsers", texts.activeUsers, share)}
      ${people("resourceUsers", texts.resourceUsers, shareOf(cards.resourceUsers.value, cards.users.value))}
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
  card: Card,
  format: (value: number) => string,
  beside?: string,
  sign: "≥" | "≈" = "≥",
): TemplateResult {
  const { texts, answer } = ready;
  const { value, atLeast } = card;
  return html`<div class="card" id=${`card-${id}`}>
    <div class="card-title"><h2>${title}</h2>${explainView(ready, `card-${id}`, title, texts.definitions[id])}</div>
    ${
      value === null
        ? html`<p class="card-value hidden" title=${fill(texts.hiddenHint, answer.minimumGroupSize)}>
            ${icon("lock")}${texts.hidden}
          </p>`
        : html`<p class="card-value">${atLeast ? `${sign} ` : ""}${format(value)}</p>`
    }
    <p class="card-foot">
      ${changeView(ready, card)}
      ${beside === undefined ? nothing : html`<span class="quiet">${beside}</span>`}
    </p>
  </div>`;
}

/** How a number stands to the one before; undefined where the two cannot be compared. */
function changeOf({ value, before, atLeast, beforeAtLeast }: Card): number | undefined {
  if (value === null || before === null || atLeast || beforeAtLeast || before === 0) return undefined;
  return value / before - 1;
}

/** In words and an arrow, without colour: whether more is better is for the reader to say. */
function changeView({ texts, formats }: Ready, card: Card): TemplateResult | typeof nothing {
  const change = changeOf(card);
  if (change === undefined) return nothing;
  if (change === 0) return html`<span class="delta">${texts.unchanged}</span>`;
  return html`<span class="delta">${icon(change > 0 ? "arrowUp" : "arrowDown")}${change > 0 ? "+" : "−"}${formats.share(Math.abs(change))}</span>`;
}
