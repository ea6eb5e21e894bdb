import { html, nothing, type TemplateResult } from "lit";
import type { Card, Cards, Comparison, People, ReportKind } from "../../src/dashboard/answer";
import { changeIn, periodNames, schoolDaysText } from "./comparisonWords";
import { fill, isolated } from "./formats";
import { icon } from "./icons";
import { daysWithout, orUnknown, reportName, withoutDays } from "./missingWords";
import type { Ready } from "./model";
import { type Cell, labelText, shareOf } from "./panels/panel";
import { explainView } from "./partView";

/** A card as displayed. */
interface ShownCard {
  readonly id: keyof Cards;
  readonly title: string;
  readonly card: Readonly<Record<"value" | "before", Cell>> & Pick<Card, "compared">;
  readonly format: (value: number) => string;
  readonly beside?: string;
}

/** The number cards, in order. */
function shownCards({ texts, formats, answer, view }: Ready): readonly ShownCard[] {
  const { cards } = answer;
  const people = (id: "activeUsers" | "resourceUsers", title: string): ShownCard => {
    const card = cards[id];
    const share = shareOf({ formats }, card.value, cards.users.value);
    if (view.units === "percent") {
      const inPercent = {
        value: share,
        before: shareOf({ formats }, card.before, cards.users.before),
        compared: shareCompared(card, cards.users),
      };
      return { id, title, card: inPercent, format: formats.share, beside: formats.shown(card.value) };
    }
    const beside = typeof share === "number" ? { beside: fill(texts.ofUsers, formats.share(share)) } : {};
    return { id, title, card, format: formats.integer, ...beside };
  };
  return [
    { id: "users", title: texts.users, card: cards.users, format: formats.integer },
    people("activeUsers", texts.activeUsers),
    people("resourceUsers", texts.resourceUsers),
    { id: "logins", title: texts.logins, card: cards.logins, format: formats.integer },
    { id: "accesses", title: texts.accesses, card: cards.accesses, format: formats.integer },
    { id: "resources", title: texts.distinctResources, card: cards.resources, format: formats.integer },
    { id: "days", title: texts.days, card: cards.days, format: formats.integer },
  ];
}

/** The period that the arrows of the cards compare with, in words. */
function againstText(ready: Ready): string {
  const { texts, formats, answer } = ready;
  const { comparison, filter, periods } = answer;
  const { schoolDays, before } = periods;
  if (before === null) return schoolDays === 0 ? texts.nothingToCompare : texts.noBefore;
  const omitted = shownCards(ready).filter((shown) => isDistinct(shown) && isNotComparable(shown));
  const reports = [...new Set(omitted.map(({ id }) => reportName(texts, reportOf[id])))];
  const more = [
    ...(filter.compare && comparison && isOverlapping(comparison) ? [texts.overlapping] : []),
    ...(reports.length === 0 ? [] : [fill(texts.distinctNotCompared, formats.list(reports))]),
  ];
  const sentences = (text: string) => (more.length === 0 ? text : `${text}. ${more.join(" ")}`);
  if (filter.compare && comparison) {
    const counts = [comparison.before.schoolDays, schoolDays].map((days) => schoolDaysText(ready, days));
    return sentences(fill(texts.againstChosen, ...periodNames(ready, comparison), ...counts));
  }
  return sentences(
    fill(
      schoolDays === 1 ? texts.againstOne : texts.against,
      formats.integer(schoolDays),
      formats.range(before.from, before.to),
    ),
  );
}

const isOverlapping = ({ before, now }: Comparison) => before.from <= now.to && now.from <= before.to;

/** Whether a card counts distinct people or things, which have no number per day. */
const isDistinct = ({ id }: ShownCard) => id !== "logins" && id !== "accesses" && id !== "days";

/** Whether a card has numbers of both periods that cannot be compared. */
const isNotComparable = ({ card: { value, before, compared } }: ShownCard) =>
  compared === null && typeof value === "number" && typeof before === "number";

/** The cards in words: names, numbers and changes. */
export function cardTexts(ready: Ready): {
  readonly cards: readonly (readonly string[])[];
  readonly note: string;
} {
  const cards = shownCards(ready).map((shown) => {
    const change = changeOf(ready, shown);
    const sign = change?.direction === undefined ? "" : change.direction > 0 ? "↑ " : "↓ ";
    const value = valueText(ready, shown);
    return [shown.title, value, change === undefined ? "" : `${sign}${change.text}`];
  });
  return { cards, note: againstText(ready) };
}

function valueText(ready: Ready, { card, format }: ShownCard): string {
  return labelText(ready, orUnknown(ready.answer, card.value), format);
}

/** The number cards, each with its change since the previous period. */
export function cardsView(ready: Ready): TemplateResult {
  const { texts } = ready;
  return html`<section class="numbers" aria-label=${texts.title}>
    <div class="cards">${shownCards(ready).map((shown) => cardView(ready, shown))}</div>
    <p class="quiet cards-note" title=${texts.definitions.before}>${againstText(ready)}</p>
  </section>`;
}

function cardView(ready: Ready, shown: ShownCard): TemplateResult {
  const { texts, answer } = ready;
  const { id, title, card, beside } = shown;
  const without = id === "days" ? daysWithout(ready) : withoutDays(ready, reportOf[id]);
  const change = changeOf(ready, shown);
  const value = orUnknown(answer, card.value);
  return html`<div class="card" id=${`card-${id}`}>
    <div class="card-title"><h2>${title}</h2>${explainView(ready, `card-${id}`, title, texts.definitions[id])}</div>
    ${
      value === null
        ? html`<p class="card-value suppressed" title=${fill(texts.suppressedHint, answer.minimumGroupSize)}>
            ${icon("lock")}${texts.suppressed}
          </p>`
        : html`<p class="card-value">${valueText(ready, shown)}</p>`
    }
    <p class="card-foot">
      ${
        change === undefined
          ? nothing
          : html`<span class="delta" title=${change.title}>${
              change.direction === undefined ? nothing : icon(change.direction > 0 ? "arrowUp" : "arrowDown")
            }${change.text}</span>`
      }
      ${beside === undefined ? nothing : html`<span class="quiet">${beside}</span>`}
    </p>
    ${without === undefined ? nothing : html`<p class="quiet card-foot without">${without}</p>`}
  </div>`;
}

/** The report that a card's number comes from. */
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

/** A number's change, without colour: the reader decides whether more is better. */
function changeOf(
  ready: Ready,
  shown: ShownCard,
): { readonly text: string; readonly title: string; readonly direction?: 1 | -1 } | undefined {
  const { texts, answer } = ready;
  const { id, card, format } = shown;
  const [name] = answer.comparison ? periodNames(ready, answer.comparison) : [texts.periodBefore];
  const ofOther = (value: number) => `${isolated(name)}: ${format(value)}`;
  const { compared, before } = card;
  if (compared === null) {
    // More days of data are not more use; the note below the cards states the days of both periods.
    if (id === "days" || !isNotComparable(shown) || typeof before !== "number") return undefined;
    const hasDay = answer.comparison?.before.schoolDays !== 0;
    const text = hasDay ? ofOther(before) : `${isolated(name)}: ${texts.noSchoolDay}`;
    return { text, title: texts.notComparableHint };
  }
  if (compared.before === 0) return undefined;
  const title = isDistinct(shown)
    ? ofOther(compared.before)
    : fill(texts.perSchoolDay, format(compared.now), ofOther(compared.before));
  const text = changeIn(ready, compared.before, compared.now);
  if (compared.now === compared.before) return { text, title };
  return { text, title, direction: compared.now > compared.before ? 1 : -1 };
}
