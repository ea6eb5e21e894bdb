import { html, nothing, type TemplateResult } from "lit";
import { fill } from "../../src/basics/fill";
import type { PreviewInfo } from "../../src/protocol/previewedReport";
import { refusedText, rowsText } from "./model";
import type { Page } from "./Page";
import { placeAmong } from "./refusedRows";

/** The file, how much of it is shown, and the actions. */
export function barView(page: Page): TemplateResult {
  const { file, phase } = page.model;
  const folder = file.path.slice(0, file.path.lastIndexOf("/") + 1);
  return html`
    <header class="bar">
      <h1 class="file" title=${file.path}><span class="folder">${folder}</span><bdi>${file.name}</bdi></h1>
      ${phase.name === "open" ? openBar(page, phase.info) : nothing}
    </header>`;
}

function openBar(page: Page, info: PreviewInfo): TemplateResult {
  const { model } = page;
  const { strings, numbers, revealed } = model;
  const size = info.truncated
    ? fill(strings.bytesRead, numbers.bytes(info.readBytes), numbers.bytes(info.totalBytes))
    : numbers.bytes(info.totalBytes);
  const canReveal = info.columns.some(({ identity }) => identity) && info.rowCount > 0;
  return html`
    <p class="facts">${info.problem ? size : `${rowsText(model, info)} · ${size}`}</p>
    <div class="actions">
      ${info.rowCount > 0 ? refusedPart(page, info) : nothing}
      ${
        canReveal
          ? html`<vscode-toolbar-button
              id="reveal"
              toggleable
              icon=${revealed ? "eye" : "eye-closed"}
              title=${revealed ? strings.identitiesShown : strings.revealHint}
              .checked=${revealed}
              @change=${(event: Event) => {
                // The switch keeps its state until the extension has asked and answered.
                if (event.target instanceof HTMLElement) Object.assign(event.target, { checked: revealed });
                page.reveal(!revealed);
              }}
            ><span class="label">${strings.reveal}</span></vscode-toolbar-button>`
          : nothing
      }
      ${
        info.truncated && !info.full
          ? html`<vscode-toolbar-button id="more" icon="fold-down" title=${strings.more} @click=${page.loadMore}
            ><span class="label">${strings.more}</span></vscode-toolbar-button>`
          : nothing
      }
      ${info.truncated && info.full ? html`<span class="quiet">${strings.full}</span>` : nothing}
    </div>`;
}

function refusedPart({ model, goToRefused }: Page, info: PreviewInfo): TemplateResult {
  const { strings, numbers, active } = model;
  if (info.refused.length === 0) {
    return html`<span class="count quiet"><vscode-icon name="pass"></vscode-icon>${refusedText(model, info)}</span>`;
  }
  const place = placeAmong(info.refused, active.row);
  const text =
    place > 0
      ? fill(strings.refusedPlace, numbers.integer(place), numbers.integer(info.refused.length))
      : refusedText(model, info);
  return html`
    <span class="count">
      <vscode-icon name="error" class="refused-mark"></vscode-icon>${text}
    </span>
    <vscode-toolbar-button
      id="previous-refused"
      icon="arrow-up"
      label=${strings.previousRefused}
      title=${strings.previousRefused}
      @click=${() => goToRefused(-1)}
    ></vscode-toolbar-button>
    <vscode-toolbar-button
      id="next-refused"
      icon="arrow-down"
      label=${strings.nextRefused}
      title=${strings.nextRefused}
      @click=${() => goToRefused(1)}
    ></vscode-toolbar-button>`;
}

/** A note on columns that are not read, and errors. */
export function notesView({ model, retry }: Page): TemplateResult | typeof nothing {
  const { phase, strings, trouble } = model;
  if (phase.name !== "open" || phase.info.problem) return nothing;
  const unknown = phase.info.columns.filter(({ type }) => type === "unknown").map(({ name }) => name);
  if (unknown.length === 0 && trouble === undefined) return nothing;
  const names = unknown.join(", ");
  const note =
    unknown.length === 1 ? fill(strings.oneUnknown, names) : fill(strings.someUnknown, unknown.length, names);
  return html`
    <div class="notes">
      ${
        trouble === undefined
          ? nothing
          : html`<div class="note error" role="alert">
              <vscode-icon name="error" class="refused-mark"></vscode-icon>
              <span class="note-text">${trouble}</span>
              <vscode-button secondary @click=${retry}>${strings.retry}</vscode-button>
            </div>`
      }
      ${
        unknown.length === 0
          ? nothing
          : html`<div class="note" title=${note}>
              <vscode-icon name="info" class="info-mark"></vscode-icon><span class="note-text">${note}</span>
            </div>`
      }
    </div>`;
}
