import { type CsvCell, csvOf } from "../../src/dashboard/export/csv";
import type { PageFile } from "../../src/protocol/dashboard";
import { drawSheet, type ImageKind } from "./charts/exportImage";
import { paperLook } from "./charts/look";
import { provenance } from "./filterWords";
import type { Ready } from "./model";
import {
  type Cell,
  type Column,
  type DataTable,
  markNotes,
  type Panel,
  rowRemarks,
  type TableRow,
} from "./panels/panel";
import type { Part } from "./partView";

/** A chart as an image, with its source and content; undefined if there is nothing to draw. */
export function imageFile(ready: Ready, panel: Panel, kind: ImageKind): PageFile | undefined {
  const { texts } = ready;
  const { id, title, definition } = panel;
  const chart = panel.chart(paperLook);
  if (!chart) return undefined;
  const notes = [...notesOf(ready, panel), `${texts.definition}: ${definition.brief}`, ...provenance(ready)];
  return { kind, name: fileName(ready, id, kind), content: drawSheet({ title, chart, notes }, kind) };
}

/** A table as CSV. The numbers come first, unformatted, for other programs; their definitions are below. */
export function tableFile(
  ready: Ready,
  part: Part & Pick<Panel, "footnotes" | "remarks">,
  { columns, rows }: DataTable,
): PageFile {
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
  return { kind: "csv", name: fileName(ready, id, "csv"), content };
}

/** Whether a row has a number: those of a day off have none, which are not complete. */
const hasNumber = ({ cells }: TableRow) => cells.some((cell) => typeof cell === "number" || cell === "few");

/** The sentence above a chart on the page, and what `*` means below it. */
export function notesOf(ready: Ready, panel: Panel): string[] {
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

export function fileName({ answer }: Ready, id: string, kind: string): string {
  return `clever-${id}-${answer.from}-${answer.to}.${kind}`;
}
