import { html, nothing, type TemplateResult } from "lit";
import type { Card, Cards, People, ReportKind } from "../../src/dashboard/answer";
import { explainView } from "./explainView";
import { fill } from "./formats";
import { icon } from "./icons";
import { withoutDays } from "./missingWords";
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
    compared: shareCompared(card, cards.users),
  });
  const people = (id: "activeUsers" | "resourceUsers", title: string) => {
    const card = cards[id];
    const share = shareOf(card.value, cards.users.value);
    if (inPercent) return cardView(ready, id, title, percentOf(card), percent, formats.shown(card.value));
    const beside = typeof share === "number" ? fill(texts.ofUsers, formats.share(share)) : undefined;
    return cardView(ready, id, title, card, integer, beside);
  };
  const { schoolDays, before } = answer.periods;
  const against =
    before === null
      ? texts.noBefore
      : fill(
          schoolDays === 1 ? texts.againstOne : texts.against,
          formats.integer(schoolDays),
          formats.range(before.from, before.to),
        );
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
    <p class="quiet cards-note" title=${texts.definitions.before}>${against}</p>
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
  const without = withoutDays(ready, reportOf[id]);
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
      ${changeView(ready, id, card, format)}
      ${beside === undefined ? nothing : html`<span class="quiet">${beside}</span>`}
    </p>
    ${without === undefined ? nothing : html`<p class="quiet card-foot without">${without}</p>`}
  </div>`;
}

/** The report that a card's number is from. */
const reportOf = {
  users: "dailyParticipation",
  activeUsers: "dailyParticipation",
  days: "dailyParticipation",
  logins: "dailyParticipation",
  accesses: "resourceUsage",
  resources: "resourceUsage",
  resourceUsers: "resourceUsage",
} as const satisfies Readonly<Record<keyof Cards, ReportKind>>;

function shareCompared({ compared: part }: Card<People>, { compared: whole }: Card<People>) {
  if (part === null || whole === null || whole.now === 0 || whole.before === 0) return null;
  return { now: part.now / whole.now, before: part.before / whole.before };
}

/** In words and an arrow, without colour: whether more is better is for the reader to say. */
function changeView(
  { texts, formats }: Ready,
  id: keyof Cards,
  { value, before, compared }: Card<People>,
  format: (value: number) => string,
): TemplateResult | typeof nothing {
  if (compared === null) {
    // The days of both are as many as they are.
    if (id === "days" || typeof value !== "number" || typeof before !== "number") return nothing;
    return html`<span class="delta" title=${texts.notComparableHint}>${texts.notComparable}</span>`;
  }
  if (compared.before === 0) return nothing;
  const change = compared.now / compared.before - 1;
  const perDay = id === "logins" || id === "accesses";
  const title = perDay
    ? fill(texts.perSchoolDay, format(compared.now), format(compared.before))
    : fill(texts.beforeWas, format(compared.before));
  if (change === 0) return html`<span class="delta" title=${title}>${texts.unchanged}</span>`;
  return html`<span class="delta" title=${title}>${icon(change > 0 ? "arrowUp" : "arrowDown")}${change > 0 ? "+" : "−"}${formats.share(Math.abs(change))}</span>`;
}
