import type { PageFile } from "../../src/protocol/dashboard";
import { cardTexts } from "./cardsView";
import { drawPage, type ImageKind, type TableSheet } from "./charts/exportImage";
import { paperLook } from "./charts/look";
import { fileName, notesOf } from "./exportFiles";
import { provenance } from "./filterWords";
import { fill } from "./formats";
import { countText, licenceTable } from "./licencesView";
import type { Ready } from "./model";
import { type Column, cellText, type DataTable, isText, type Panel } from "./panels/panel";
import { shownResources } from "./ResourceTable";

/** The whole page as one image. */
export function pageFile(ready: Ready, panels: readonly Panel[], kind: ImageKind): PageFile {
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
  return { kind, name: fileName(ready, "dashboard", kind), content: drawPage(sheet, kind) };
}

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
