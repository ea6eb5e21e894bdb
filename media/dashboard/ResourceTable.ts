import { html, nothing, svg, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import type { People, ResourceEntry, Shown } from "../../src/dashboard/answer";
import type { ResourceColumn } from "../../src/dashboard/export/view";
import { cellView, rowNameView } from "./dataTableView";
import { fill, isolated } from "./formats";
import { icon } from "./icons";
import { absentSentences, orUnknown } from "./missingWords";
import { formerNames, isOnly, nameIn, pickName, type Ready, typeName } from "./model";
import { type ColumnOf, type DataTable, isText, shareOf, tableOf } from "./panels/panel";
import { exportView, partView } from "./partView";
import { entered } from "./popover";
import { isPartial } from "./suppressionWords";

/** Longer tables render only their visible rows. */
const maxRows = 200;
const rowHeight = 30;
const overscan = 8;

/** All resources, sortable and searchable. */
export class ResourceTable {
  private scrollTop = 0;
  private height = 480;

  constructor(private readonly changed: () => void) {}

  view(ready: Ready): TemplateResult {
    const { texts, view, actions } = ready;
    const rows = sortedRows(ready);
    const windowed = rows.length > maxRows && !document.body.classList.contains("printing");
    // A search can leave fewer rows than were scrolled past.
    const top = Math.min(this.scrollTop, Math.max(0, rows.length * rowHeight - this.height));
    const first = windowed ? Math.max(0, Math.floor(top / rowHeight) - overscan) : 0;
    const last = windowed
      ? Math.min(rows.length, Math.ceil((top + this.height) / rowHeight) + overscan)
      : rows.length;
    const title = texts.titleTable;
    const columns = columnsOf(ready);
    const part = { id: "table", title, definition: texts.definitions.table, wide: true };
    const count = countText(ready, rows);
    const search = html`<input type="search" class="input" id="resource-search" placeholder=${texts.search}
      aria-label=${fill(texts.searchIn, title)} .value=${view.search}
      @input=${(event: Event) => actions.setView({ search: entered(event).slice(0, 300) })} />`;
    return partView(
      ready,
      part,
      html`<p class="quiet note" role="status">${count}</p>`,
      html`${search}${exportView(ready, { ...part, footnotes: searchNote(ready, rows) }, () => resourceTable(ready, rows), [], "resources")}`,
      html`<div class="table-scroll resources" tabindex="0" role="group" aria-label=${title} @scroll=${this.onScroll} ${ref(this.onBox)}>
        <table class="data" aria-rowcount=${rows.length + 1}>
          <thead><tr aria-rowindex="1">${columns.map((column) => headView(ready, column))}<th scope="col">${texts.trend}</th></tr></thead>
          <tbody>
            ${spacer(first)}
            ${rows.slice(first, last).map((entry, at) => rowView(ready, columns, entry, first + at))}
            ${spacer(rows.length - last)}
          </tbody>
        </table>
        ${rows.length === 0 ? html`<p class="quiet nothing">${nothingText(ready)}</p>` : nothing}
      </div>`,
    );
  }

  /** If the table has moved to another place on the page, its container is a new element, which is not scrolled. */
  private readonly onBox = (box: Element | undefined): void => {
    if (!box || box.scrollTop === this.scrollTop) return;
    this.scrollTop = box.scrollTop;
    this.changed();
  };

  private readonly onScroll = ({ currentTarget }: Event): void => {
    if (!(currentTarget instanceof HTMLElement)) return;
    this.scrollTop = currentTarget.scrollTop;
    this.height = currentTarget.clientHeight;
    this.changed();
  };
}

/** Why the table has no row. */
function nothingText(ready: Ready): string {
  const { texts, answer } = ready;
  if (answer.resources.length > 0) return texts.nothingFound;
  const absent = answer.absent.filter((report) => report === "resourceUsage");
  return absentSentences(ready, absent)[0] ?? texts.nothingToShow;
}

function spacer(rows: number): TemplateResult | typeof nothing {
  return rows === 0
    ? nothing
    : html`<tr aria-hidden="true"><td colspan="9" class="spacer" .style=${`height: ${rows * rowHeight}px`}></td></tr>`;
}

function headView({ texts, view, actions }: Ready, column: SortableColumn): TemplateResult {
  const { title, sort } = column;
  const className = isText(column) ? "" : "number";
  if (sort === undefined) return html`<th scope="col" class=${className}>${title}</th>`;
  const sorted = view.sort.column === sort;
  const { descending } = view.sort;
  return html`<th scope="col" class=${className} aria-sort=${sorted ? (descending ? "descending" : "ascending") : "none"}>
    <button type="button" class="sort" title=${fill(texts.sortBy, title)}
      @click=${() =>
        actions.setView({ sort: { column: sort, descending: sorted ? !descending : !isText(column) } })}
    >${title}${sorted ? icon(descending ? "arrowDown" : "arrowUp") : nothing}</button>
  </th>`;
}

function rowView(
  ready: Ready,
  columns: readonly SortableColumn[],
  entry: ResourceEntry,
  at: number,
): TemplateResult {
  const { texts, filter } = ready;
  const name = nameIn(texts, "resources", entry.resource);
  const picked = isOnly(filter, "resources", entry.resource);
  const former = formerNames(ready, entry);
  return html`<tr class=${picked ? "picked" : ""} aria-rowindex=${at + 2}>
    <th scope="row">${rowNameView(ready, {
      name: isolated(name),
      shown: html`<bdi>${name}</bdi>`,
      pick: pickName(filter, "resources", entry.resource),
      picked,
    })}${former ? html` <span class="quiet former" title=${former}>${former}</span>` : nothing}</th>
    ${columns.slice(1).map((column) => cellView(ready, column.cell(entry), column))}
    <td>${trendView(ready, entry.weekly)}</td>
  </tr>`;
}

/** A sparkline. A library chart for each row would be too slow. */
function trendView({ texts, formats }: Ready, weekly: readonly Shown[]): TemplateResult | typeof nothing {
  const known = weekly.filter((value) => value !== null);
  if (known.length < 2) return nothing;
  const top = Math.max(...known, 1);
  const [width, height] = [84, 20];
  let path = "";
  weekly.forEach((value, at) => {
    if (value === null) return;
    const start = at === 0 || weekly[at - 1] === null;
    path += `${start ? "M" : "L"}${((at / (weekly.length - 1)) * width).toFixed(1)} ${(height - 2 - (value / top) * (height - 4)).toFixed(1)}`;
  });
  const label = fill(texts.trendOf, formats.average(known[0] ?? 0), formats.average(known.at(-1) ?? 0));
  return html`<svg class="trend-line" viewBox="0 0 ${width} ${height}" role="img" aria-label=${label}>
    <title>${label}</title>${svg`<path d=${path} />`}</svg>`;
}

/** The rows of the table as shown, with their number in words. */
export function shownResources(ready: Ready): { readonly table: DataTable; readonly count: string } {
  const rows = sortedRows(ready);
  const count = searchNote(ready, rows)[0] ?? countText(ready, rows);
  return { table: resourceTable(ready, rows), count };
}

/** What an export says about a table that a search has narrowed. */
function searchNote(ready: Ready, rows: readonly ResourceEntry[]): string[] {
  const search = ready.view.search.trim();
  return search === "" ? [] : [`${countText(ready, rows)} (“${search}”)`];
}

function countText({ texts, formats, answer }: Ready, rows: readonly ResourceEntry[]): string {
  return fill(texts.resourcesFound, formats.integer(rows.length), formats.integer(answer.resources.length));
}

function sortedRows({ answer, view, texts }: Ready): readonly ResourceEntry[] {
  const words = view.search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = answer.resources.filter(({ resource, type, formerNames = [] }) => {
    const names = [nameIn(texts, "resources", resource), typeName(texts, type), ...formerNames];
    const text = names.join(" ").toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
  const { column, descending } = view.sort;
  const sign = descending ? -1 : 1;
  const compared = new Intl.Collator(texts.language, { numeric: true });
  return found.sort((a, b) => {
    const [left, right] = [a[column], b[column]];
    // Missing values are last in either direction. `few` is less than any shown number, but more than zero.
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    if (column === "users" || typeof left === "number") return sign * (sizeOf(left) - sizeOf(right));
    return sign * compared.compare(String(left), String(right));
  });
}

const sizeOf = (value: People | string): number => (typeof value === "number" ? value : 0.5);

interface SortableColumn extends ColumnOf<ResourceEntry> {
  readonly sort?: ResourceColumn;
}

function columnsOf(ready: Ready): SortableColumn[] {
  const { texts, answer } = ready;
  const whole = orUnknown(answer, answer.cards.users.value);
  const name = ({ resource }: ResourceEntry) => nameIn(texts, "resources", resource);
  const date = (of: "firstDay" | "lastDay") => (entry: ResourceEntry) =>
    entry[of] ?? (entry.users === null ? null : undefined);
  return [
    { title: texts.resource, kind: "text", sort: "resource", cell: name },
    { title: texts.type, kind: "text", sort: "type", cell: ({ type }) => typeName(texts, type) },
    { title: texts.users, kind: "integer", sort: "users", cell: ({ users }) => users },
    { title: texts.share, kind: "share", cell: ({ users }) => shareOf(ready, users, whole) },
    { title: texts.personDays, kind: "integer", sort: "rows", cell: ({ rows }) => rows },
    { title: texts.accesses, kind: "integer", sort: "accesses", cell: ({ accesses }) => accesses },
    { title: texts.firstDay, kind: "date", sort: "firstDay", cell: date("firstDay") },
    { title: texts.lastDay, kind: "date", sort: "lastDay", cell: date("lastDay") },
  ];
}

function resourceTable(ready: Ready, rows: readonly ResourceEntry[]): DataTable {
  const former: ColumnOf<ResourceEntry> = {
    title: ready.texts.formerNames,
    kind: "text",
    cell: ({ formerNames: names }) => names?.join(", "),
  };
  const hasFormer = rows.some(({ formerNames: names }) => names);
  return tableOf(rows, [...columnsOf(ready), ...(hasFormer ? [former] : [])], () => ({
    partly: isPartial(ready.answer),
  }));
}
