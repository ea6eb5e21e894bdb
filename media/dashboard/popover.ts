import { html, nothing, type TemplateResult } from "lit";

const gap = 4;
const edge = 8;

export interface Popover {
  readonly id: string;
  /** The button's content. */
  readonly face: unknown;
  readonly label?: string;
  readonly className: string;
  readonly heading: string;
  readonly content: unknown;
  readonly width?: number;
  /** A list of commands instead of a dialog; it closes when a command is chosen. */
  readonly menu?: boolean;
  readonly opened?: (open: boolean) => void;
}

/** A button that opens a panel; the browser closes it on Escape or a click outside. */
export function popover(given: Popover): TemplateResult {
  const { id, face, label, className, heading, content, width = 300, menu, opened } = given;
  return html`<button
      type="button"
      id=${`${id}-button`}
      class=${className}
      popovertarget=${id}
      aria-haspopup=${menu ? "menu" : "dialog"}
      aria-label=${label ?? nothing}
      title=${label ?? nothing}
    >${face}</button
    ><div
      id=${id}
      class=${menu ? "popover menu" : "popover"}
      popover
      role=${menu ? "menu" : "dialog"}
      aria-label=${heading}
      @beforetoggle=${(event: ToggleEvent) => {
        if (event.newState !== "open") return;
        place(id, width);
        // Not at the toggle event: it comes later, when the reader may already have entered something.
        opened?.(true);
      }}
      @toggle=${(event: ToggleEvent) => {
        if (event.newState === "open") requestAnimationFrame(() => focusIn(id));
        else opened?.(false);
      }}
      @keydown=${menu ? onMenuKey : nothing}
      @click=${menu ? () => close(id) : nothing}
    >${content}</div>`;
}

/** A form's handler that acts on what the reader entered, texts without spaces around them. */
export function onSubmit(act: (entered: (name: string) => string) => void): (event: SubmitEvent) => void {
  return (event) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const given = new FormData(event.currentTarget);
    act((name) => String(given.get(name) ?? "").trim());
  };
}

/** What the reader entered or chose in the element of an event. */
export function entered({ target }: Event): string {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target.value : "";
}

/** Focuses the element that is likely used first: the current choice, a search box, a command. */
function focusIn(id: string): void {
  const panel = document.getElementById(id);
  const first = panel?.querySelector<HTMLElement>("input[type=radio]:checked, input, .command, [tabindex]");
  first?.focus({ preventScroll: true });
}

export function close(id: string): void {
  document.getElementById(id)?.hidePopover();
}

/** Places a panel below its button, or above if there is more space; never beyond an edge. */
function place(id: string, width: number): void {
  const panel = document.getElementById(id);
  const button = document.getElementById(`${id}-button`);
  if (!panel || !button) return;
  const box = button.getBoundingClientRect();
  const space = document.documentElement;
  // Without the space that is kept for a scroll bar even if there is none: the panel would be cut off there.
  const right = space.getBoundingClientRect().right;
  const wide = Math.min(width, right - 2 * edge);
  const left = Math.max(edge, Math.min(box.left, right - wide - edge));
  const below = space.clientHeight - box.bottom;
  const opensDown = below > 260 || below >= box.top;
  panel.style.width = `${wide}px`;
  panel.style.left = `${left}px`;
  panel.style.top = opensDown ? `${box.bottom + gap}px` : "auto";
  panel.style.bottom = opensDown ? "auto" : `${space.clientHeight - box.top + gap}px`;
  panel.style.maxHeight = `${Math.min(440, (opensDown ? below : box.top) - gap - edge)}px`;
}

function onMenuKey(event: KeyboardEvent): void {
  if (event.currentTarget instanceof HTMLElement) moveFocus(event, focusables(event.currentTarget));
}

export function focusables(within: Element | null): HTMLElement[] {
  return [...(within?.querySelectorAll<HTMLElement>("button:not([disabled]), input") ?? [])];
}

/**
 * The panel with the focus keeps its place in the window, even if others come before it. If a change of the page removes
 * the element with the focus, another one nearby gets it.
 */
export function preserveFocus(change: () => void): void {
  const focused = document.activeElement;
  const panel = focused?.closest(".panel");
  const before = panel?.getBoundingClientRect();
  const around: Element[] = [];
  for (let each = focused?.parentElement; each; each = each.parentElement) around.push(each);
  change();
  if (panel?.isConnected && before && before.bottom > 0 && before.top < innerHeight)
    scrollBy(0, panel.getBoundingClientRect().top - before.top);
  if (focused === null || focused.isConnected) return;
  for (const each of around) {
    const left = each.isConnected ? focusables(each).filter((one) => one.checkVisibility()) : [];
    // The end of a list is nearest: its entries move up, so only the last element disappears.
    const next = each instanceof HTMLUListElement ? left.at(-1) : left[0];
    if (next === undefined) continue;
    next.focus({ preventScroll: true });
    return;
  }
}

/** The arrow keys, Home and End move between elements. */
export function moveFocus(event: KeyboardEvent, among: readonly HTMLElement[]): void {
  const at = among.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: among.length - 1 }[event.key];
  const typing =
    document.activeElement instanceof HTMLInputElement && document.activeElement.type === "search";
  if (to === undefined || (typing && (event.key === "Home" || event.key === "End"))) return;
  event.preventDefault();
  among[Math.max(0, Math.min(among.length - 1, to))]?.focus();
}
