import { type CsvCell, csvOf } from "../../src/dashboard/export/csv";
import type { PageFile } from "../../src/ui/dashboard/protocol";
import { drawPng, drawSvg } from "./charts/exportPicture";
import { paperLook } from "./charts/look";
import { provenance } from "./filterWords";
import type { Ready } from "./model";
import type { Cell, Column, DataTable, Panel } from "./panels/panel";

/** Makes files of pictures and tables; each says where it is from and what it holds. */
export class Exporter {
  constructor(private readonly save: (file: PageFile) => void) {}

  picture(ready: Ready, panel: Panel, kind: "png" | "svg"): void {
    const picture = panel.picture(paperLook);
    if (!picture) return;
    const sheet = {
      title: panel.title,
      picture,
      notes: [`${ready.texts.definition}: ${panel.definition}`, ...provenance(ready)],
    };
    const content = kind === "svg" ? drawSvg(sheet) : drawPng(sheet);
    this.save({ kind, name: fileName(ready, panel.id, kind), content });
  }

  /** The numbers first and unformatted, as programs read them; what they mean stands below them. */
  table(ready: Ready, id: string, title: string, definition: string, { columns, rows }: DataTable): void {
    const { texts } = ready;
    // Said once per row, so that numbers stay numbers.
    const partly = rows.some((row) => row.partly);
    const header = [...columns.map((column) => column.title), ...(partly ? [texts.partly] : [])];
    const wide = (first: string): CsvCell[] => [first, ...header.slice(1).map(() => null)];
    const cell = (value: Cell, { kind }: Column): CsvCell => {
      if (value === undefined) return null;
      if (value === null) return texts.hidden;
      if (value === "few" && kind !== "text") return ready.formats.few;
      return kind === "share" && typeof value === "number" ? Number(value.toFixed(4)) : value;
    };
    const content = csvOf(header, [
      ...rows.map((row) => [
        ...columns.map((column, at) => cell(row.cells[at], column)),
        ...(partly ? [row.partly ? texts.ofCounted : texts.complete] : []),
      ]),
      header.map(() => null),
      ...[title, `${texts.definition}: ${definition}`, ...provenance(ready)].map(wide),
    ]);
    this.save({ kind: "csv", name: fileName(ready, id, "csv"), content });
  }
}

function fileName({ answer }: Ready, id: string, kind: string): string {
  return `clever-${id}-${answer.from}-${answer.to}.${kind}`;
}
