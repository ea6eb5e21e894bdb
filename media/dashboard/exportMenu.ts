import { html, type TemplateResult } from "lit";
import { fill } from "./formats";
import { icon } from "./icons";
import type { Ready } from "./model";
import { popover } from "./popover";

/** An export format of a part of the page: the suffix of the command's id, its text, and its action. */
export type ExportCommand = readonly [kind: "png" | "svg" | "csv", text: string, save: () => void];

/** The export button of a part of the page, with its menu. */
export function exportMenu(
  { texts }: Ready,
  part: string,
  title: string,
  commands: readonly ExportCommand[],
): TemplateResult {
  const label = fill(texts.exportOf, title);
  return popover({
    id: `export-${part}`,
    className: "icon-button",
    label,
    face: icon("export"),
    heading: label,
    menu: true,
    width: 170,
    content: html`${commands.map(
      ([kind, text, save]) =>
        html`<button type="button" role="menuitem" class="command" id=${`${part}-${kind}`} @click=${save}>${text}</button>`,
    )}`,
  });
}
