import type { Mark } from "./picture";

/** A tooltip's content: elements with text, so that names stay text and no style is written into markup. */
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
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) {
    made.dir = "auto";
    made.textContent = text;
  }
  return made;
}
