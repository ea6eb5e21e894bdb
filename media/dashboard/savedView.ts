import { html, nothing, type TemplateResult } from "lit";
import type { SavedChange } from "../../src/dashboard/saved";
import { fill, isolated } from "./formats";
import { icon } from "./icons";
import type { Model } from "./model";
import { close, entered, popover } from "./popover";

const maxNameLength = 100;

/** A name that the reader is typing. */
export interface Typed {
  name: string;
}

/**
 * Saved views and groups of schools: opens and deletes them, and saves the current one. Its button says so if there
 * already is one with the typed name.
 */
export function savedView({ texts, saved, filter, view, actions }: Model, typed: Typed): TemplateResult {
  const type = (name: string) => {
    typed.name = name;
    actions.changed();
  };
  const isTaken = ({ name }: { readonly name: string }) => name === typed.name.trim();
  const change = (change: SavedChange) => actions.post({ type: "keepSaved", change });
  const item = (kind: "view" | "group", name: string, more: unknown, open: () => void) => {
    const label = fill(texts.forget, isolated(name));
    return html`<li><button type="button" class=${`command saved-${kind}`} @click=${() => {
      close("saved");
      open();
    }}><bdi>${name}</bdi>${more}</button>
    <button type="button" class="icon-button" aria-label=${label} title=${label}
      @click=${() => change({ forget: { [`${kind}s`]: [name] } })}>${icon("close")}</button></li>`;
  };
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const name = typed.name.trim().slice(0, maxNameLength);
    if (name === "") return;
    const isGroup = event.submitter?.id === "save-group";
    change(
      isGroup
        ? { groups: [{ name, schools: filter.schools }] }
        : { views: [{ name, filter, question: view.question }] },
    );
    type("");
  };
  return popover({
    id: "saved",
    className: "control plain",
    face: html`${icon("bookmark")}<span>${texts.saved}</span>`,
    heading: texts.saved,
    width: 300,
    content: html`<div class="saved">
      ${
        saved.views.length + saved.groups.length === 0
          ? html`<p class="quiet">${texts.nothingSaved}</p>`
          : html`<ul>
              ${saved.views.map((each) => item("view", each.name, nothing, () => actions.showView(each)))}
              ${saved.groups.map(({ name, schools }) =>
                item(
                  "group",
                  name,
                  html` <span class="quiet">${fill(texts.countOfSchools, schools.length)}</span>`,
                  () => actions.setFilter({ schools: [...schools] }),
                ),
              )}
            </ul>`
      }
      <form @submit=${save}>
        <input class="input" name="name" id="saved-name" required maxlength=${maxNameLength} placeholder=${texts.name} aria-label=${texts.name}
          .value=${typed.name} @input=${(event: Event) => type(entered(event))} />
        <div class="saved-buttons">
          <button type="submit" class="button" id="save-view">${saved.views.some(isTaken) ? texts.replaceView : texts.saveView}</button>
          ${filter.schools.length < 2 ? nothing : html`<button type="submit" class="button secondary" id="save-group">${saved.groups.some(isTaken) ? texts.replaceGroup : texts.saveGroup}</button>`}
        </div>
      </form>
    </div>`,
  });
}
