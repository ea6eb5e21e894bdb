import { html, nothing, type TemplateResult } from "lit";
import { fill } from "./formats";
import { icon } from "./icons";
import { type Model, toggled } from "./model";
import { close, entered, focusables, moveFocus, popover } from "./popover";

/** The maximum number of checkboxes; the search finds the other names. */
const maxShown = 200;

interface Choice<T> {
  readonly value: T;
  readonly name: string;
}

/** Values that can be chosen together as a group. */
export interface ValueGroup<T> {
  readonly name: string;
  readonly values: readonly T[];
}

/** What a list offers. */
interface Offer<T> {
  readonly title: string;
  readonly choices: readonly Choice<T>[];
  readonly chosen: readonly T[];
  /** Changes the current choice, which may be newer than `chosen`: a box can be ticked before the last one is drawn. */
  readonly choose: (change: (current: readonly T[]) => readonly T[]) => void;
  readonly groups?: readonly ValueGroup<T>[];
}

/** Whether exactly these are chosen, in any order. */
export function isChosen<T>(values: readonly T[], chosen: readonly T[]): boolean {
  return values.length === chosen.length && values.every((value) => chosen.includes(value));
}

/** The group with exactly these values; a single value keeps its own name. */
export function groupOf<T>(
  groups: readonly ValueGroup<T>[],
  chosen: readonly T[],
): ValueGroup<T> | undefined {
  return chosen.length < 2 ? undefined : groups.find(({ values }) => isChosen(values, chosen));
}

/** A button that opens a searchable list of names to tick. */
export class MultiSelect<T> {
  private open = false;
  private search = "";
  /** Values that were chosen when the list opened. They are listed first, and stay there while boxes are ticked. */
  private first: readonly T[] = [];

  constructor(private readonly id: string) {}

  view(model: Model, offer: Offer<T>): TemplateResult {
    const { texts, formats, actions } = model;
    const { title, choices, chosen, groups = [] } = offer;
    const [only] = chosen;
    const isOne = chosen.length === 1;
    const found = isOne ? choices.find(({ value }) => value === only) : groupOf(groups, chosen);
    const text =
      chosen.length === 0 ? texts.all : (found?.name ?? fill(texts.chosen, formats.integer(chosen.length)));
    return popover({
      id: this.id,
      className: chosen.length > 0 ? "control active" : "control",
      face: html`<span class="control-title">${title}</span>
        <span class="control-value"><bdi>${text}</bdi></span>${icon("chevronDown")}`,
      heading: title,
      opened: (open) => {
        this.open = open;
        this.search = "";
        this.first = chosen;
        actions.changed();
      },
      content: this.open ? this.content(model, offer) : nothing,
    });
  }

  private content({ texts, formats, actions }: Model, offer: Offer<T>): TemplateResult {
    const { title, choices, chosen, choose, groups = [] } = offer;
    const words = this.search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const isFound = ({ name }: { readonly name: string }) =>
      words.every((word) => name.toLocaleLowerCase().includes(word));
    const found = choices.filter(isFound);
    const foundGroups = groups.filter(isFound);
    const isFirst = ({ value }: Choice<T>) => this.first.includes(value);
    const ordered = [...found.filter(isFirst), ...found.filter((choice) => !isFirst(choice))];
    const shown = ordered.slice(0, maxShown);
    return html`<div class="choices" @keydown=${this.onKey}>
      <div class="choices-head">
        ${
          choices.length > 7
            ? html`<input
                type="search"
                class="input"
                placeholder=${texts.search}
                aria-label=${fill(texts.searchIn, title)}
                .value=${this.search}
                @input=${(event: Event) => {
                  this.search = entered(event);
                  actions.changed();
                }}
              />`
            : html`<span class="choices-title">${title}</span>`
        }
        <button type="button" class="link" ?disabled=${chosen.length === 0} @click=${() => choose(() => [])}>${texts.clear}</button>
      </div>
      ${
        foundGroups.length === 0
          ? nothing
          : html`<div class="choices-groups">${foundGroups.map(({ name, values }) => {
              const pressed = isChosen(values, chosen);
              return html`<button type="button" class="choices-group" aria-pressed=${pressed}
                @click=${() => choose(() => (pressed ? [] : values))}><bdi>${name}</bdi></button>`;
            })}</div>`
      }
      <div class="choices-list" role="group" aria-label=${title}>
        ${shown.map(
          ({ value, name }) => html`<label class="choice">
            <input type="checkbox" .checked=${chosen.includes(value)} @change=${() => choose((current) => toggled(current, value))} /><span class="choice-name" dir="auto" title=${name}>${name}</span>
          </label>`,
        )}
        ${shown.length === 0 ? html`<p class="quiet">${texts.nothingFound}</p>` : nothing}
      </div>
      <p class="spoken" role="status">${this.search === "" ? "" : `${title}: ${formats.integer(found.length)}`}</p>
      ${
        shown.length < ordered.length
          ? html`<p class="quiet choices-foot">
              ${fill(texts.showingFirst, formats.integer(shown.length), formats.integer(ordered.length))}
            </p>`
          : nothing
      }
    </div>`;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) close(this.id);
    else if (event.currentTarget instanceof HTMLElement) moveFocus(event, focusables(event.currentTarget));
  };
}
