import { type CsvCell, csvOf } from "../../src/dashboard/export/csv";
import type { PageFile } from "../../src/protocol/dashboard";
import { cardTexts } from "./cardsView";
import { drawPage, drawSheet, type ImageKind, type TableSheet } from "./charts/exportImage";
import { paperLook } from "./charts/look";
import { provenance } from "./filterWords";
import { fill } from "./formats";
import { countText, licenceTable } from "./licencesView";
import type { Ready } from "./model";
import {
  type Cell,
  type Column,
  cellText,
  type DataTable,
  isText,
  markNotes,
  type Panel,
  rowRemarks,
  type TableRow,
} from "./panels/panel";
import type { Part } from "./partView";
import { shownResources } from "./ResourceTable";

/** Exports charts and tables to files; each states its source and content. */
export class Exporter {
  constructor(private readonly save: (file: PageFile) => void) {}

  image(ready: Ready, panel: Panel, kind: ImageKind): void {
    const chart = panel.chart(paperLook);
    if (!chart) return;
    const sheet = {
      title: panel.title,
      chart,
      notes: [
        ...notesOf(ready, panel),
        `${ready.texts.definition}: ${panel.definition.brief}`,
        ...provenance(ready),
      ],
    };
    this.save({ kind, name: fileName(ready, panel.id, kind), content: drawSheet(sheet, kind) });
  }

  /** The whole page as one image. */
  page(ready: Ready, panels: readonly Panel[], kind: ImageKind): void {
    const { texts, formats, district, answer } = ready;
    // What the page says in place of a chart.
    const words = panels.flatMap(({ title, remarks, chart }) =>
      remarks && !chart(paperLook) ? `${title}: ${remarks.join(" · ")}` : [],
    );
    const notes = [...words, ...provenance(ready)];
    const { cards, note } = cardTexts(ready);
    const sheet = {
      title: district === "" ? texts.title : `${district}: ${texts.title}`,
      lines: [formats.range(answer.from, answer.to)],
      cards,
      cardsNote: note,
      charts: panels.flatMap((panel) => {
        const chart = panel.chart(paperLook);
        return chart ? [{ title: panel.title, chart, wide: panel.wide, notes: notesOf(ready, panel) }] : [];
      }),
      tables: tablesOf(ready),
      notes,
    };
    this.save({ kind, name: fileName(ready, "dashboard", kind), content: drawPage(sheet, kind) });
  }

  /** The numbers come first, unformatted, for other programs; their definitions are below. */
  table(ready: Ready, part: Part & Pick<Panel, "footnotes" | "remarks">, { columns, rows }: DataTable): void {
    const { texts } = ready;
    const { id, title, definition, remarks = [], footnotes = [] } = part;
    // A separate column, so that numbers stay numbers.
    const hasRemarks = rows.some((row) => rowRemarks(texts, row) !== "");
    const header = [...columns.map((column) => column.title), ...(hasRemarks ? [texts.partly] : [])];
    const wide = (first: string): CsvCell[] => [withoutIsolates(first), ...header.slice(1).map(() => null)];
    const cell = (value: Cell, { kind }: Column): CsvCell => {
      if (value === undefined) return null;
      if (value === null) return texts.suppressed;
      if (value === "few" && kind !== "text") return ready.formats.few;
      if (typeof value === "string") return withoutIsolates(value);
      return kind === "share" || kind === "decimal" ? Number(value.toFixed(4)) : value;
    };
    const content = csvOf(header.map(withoutIsolates), [
      ...rows.map((row) => [
        ...columns.map((column, at) => cell(row.cells[at], column)),
        ...(hasRemarks ? [rowRemarks(texts, row) || (hasNumber(row) ? texts.complete : null)] : []),
      ]),
      header.map(() => null),
      ...[
        title,
        ...remarks,
        ...footnotes,
        `${texts.definition}: ${definition.exact}`,
        ...provenance(ready),
      ].map(wide),
    ]);
    this.save({ kind: "csv", name: fileName(ready, id, "csv"), content });
  }
}

/** Whether a row has a number: those of a day off have none, which are not complete. */
const hasNumber = ({ cells }: TableRow) => cells.some((cell) => typeof cell === "number" || cell === "few");

/** Column widths, relative to a column of numbers. */
const columnShares: Readonly<Partial<Record<Column["kind"], number>>> = { text: 2, date: 1.7 };
/** The exported file of the table has all rows. */
const maxRows = 25;

/** The tables of the page, resources and licences, as sorted and searched there. */
function tablesOf(ready: Ready): TableSheet[] {
  const { texts, answer } = ready;
  const sheet = (title: string, count: string, { columns, rows }: DataTable): TableSheet => ({
    title,
    note:
      rows.length > maxRows ? `${count} · ${fill(texts.firstRows, ready.formats.integer(maxRows))}` : count,
    columns: columns.map((column) => ({
      title: column.title,
      share: columnShares[column.kind] ?? 1,
      isText: isText(column),
    })),
    rows: rows
      .slice(0, maxRows)
      .map(({ cells }) => columns.map((column, at) => cellText(ready, cells[at], column))),
  });
  const { licences } = answer;
  const { table, count } = shownResources(ready);
  return [
    ...(licences
      ? [sheet(texts.titleLicences, countText(ready, licences), licenceTable(ready, licences))]
      : []),
    sheet(texts.titleTable, count, table),
  ];
}

/** The sentence above a chart on the page, and what `*` means below it. */
function notesOf(ready: Ready, panel: Panel): string[] {
  const { lead, summary, remarks = [] } = panel;
  return [
    ...(lead ? [summary] : []),
    ...remarks,
    ...markNotes(ready, panel).map((sentence) => `* ${sentence}`),
  ];
}

/** A text without the invisible marks around names, because other programs compare names letter by letter. */
function withoutIsolates(text: string): string {
  return text.replaceAll(/[\u2068\u2069]/g, "");
}

function fileName({ answer }: Ready, id: string, kind: string): string {
  return `clever-${id}-${answer.from}-${answer.to}.${kind}`;
}
