import { columnAt, type Header, shownName } from "../../clever/header";
import { maskText, textKindOf } from "../../clever/maskedText";
import type { ReportColumn } from "../../clever/reports";
import { identifiesPerson } from "../../clever/shiftedCells";
import { parseValue } from "../../clever/values";
import type { PreviewColumn, PreviewRow } from "../../protocol/previewedReport";
import type { PreviewedRow } from "./previewFile";

/** Longer cells are truncated for display. */
const cellLength = 1_000;

/** The columns of a file as a preview of these rows shows them. */
export function previewColumns(header: Header, rows: readonly PreviewedRow[]): PreviewColumn[] {
  const columns = columnsByIndex(header);
  const ids = idsOf(header.extra.length > 0 ? rows : [], columns);
  return header.names.map((name, index): PreviewColumn => {
    const column = columns[index];
    if (!column) {
      // The page shows the position in its own language.
      const isShown = shownName(header, index, ids) === name;
      return { name: isShown ? name : "", reportColumn: null, type: "unknown", identity: true };
    }
    const { type, pseudonymization } = column;
    return { name, reportColumn: column.name, type, identity: pseudonymization === "hash" };
  });
}

/** Rows with masked cells, or with all cells if identities are revealed. */
export function shownRows(rows: readonly PreviewedRow[], header: Header, reveal: boolean): PreviewRow[] {
  const columns = columnsByIndex(header);
  const ids = idsOf(rows, columns);
  return rows.map(({ line, cells, raw, problem }) => {
    const texts = cells ?? [raw ?? ""];
    const aligned = cells?.length === header.names.length;
    const isShown = (text: string, index: number) => {
      if (reveal) return true;
      const column = columns[index];
      if (!aligned || !column || column.pseudonymization === "hash") return false;
      // A row with the right number of cells can be shifted too. A known id of the page is therefore masked in any
      // column.
      if (column.type === "string" && ids.has(text.toLowerCase()) && identifiesPerson(text)) return false;
      if (column.type === "string" && maskText(text, textKindOf(column), (id) => ids.has(id)) !== text)
        return false;
      return problem === undefined || isTypedValue(column, text);
    };
    const clipped = (text: string) => (text.length > cellLength ? `${text.slice(0, cellLength)}…` : text);
    const shown = texts.map((text, index) => (isShown(text, index) ? clipped(text) : null));
    return { line, cells: shown, problem: problem ?? null };
  });
}

/** Ids of people in good rows, in lower case. Other rows may have a school's id in place of a person's. */
function idsOf(
  rows: readonly PreviewedRow[],
  columns: readonly (ReportColumn | undefined)[],
): ReadonlySet<string> {
  const good = rows.flatMap(({ cells, problem }) => (problem === undefined && cells ? [cells] : []));
  return new Set(
    good.flatMap((cells) =>
      cells
        .filter((_, index) => columns[index]?.pseudonymization === "hash")
        .map((cell) => cell.toLowerCase()),
    ),
  );
}

/** Whether a cell of a refused row is a date, number or boolean: a shifted identity is unlikely to be one. */
function isTypedValue(column: ReportColumn, text: string): boolean {
  return column.type !== "string" && !("reason" in parseValue(column, text, "monthFirst"));
}

function columnsByIndex(header: Header): (ReportColumn | undefined)[] {
  return header.names.map((_, index) => columnAt(header, index));
}
