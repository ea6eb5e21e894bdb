import type { Mark } from "./picture";

/** A tooltip's content, as elements: names stay text, and no styles are written into markup. */
export function tipOf({ title, lines }: Mark): HTMLElement {
  const tip = element("div", "tip");
  tip.append(element("div", "tip-title", title));
  for (const { name, value, colour } of lines) {
    const line = element("div", "tip-line");
    const key = element("span", "tip-key");
    if (colour === undefined) key.classList.add("none");
    else key.style.backgroundColor = colour;
    line.append(key, element("span", "tip-name", name), element("span", "tip-value", value));
    tip.append(line);
  }
  return tip;
}

function element(tag: string, className: string, text?: string): HTMLElement {
  const created = document.createElement(tag);
  created.className = className;
  if (text !== undefined) {
    created.dir = "auto";
    created.textContent = text;
  }
  return created;
}
