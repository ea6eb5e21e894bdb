import { fill } from "../../src/basics/fill";
import type { PreviewFile } from "../../src/protocol/preview";
import type { PreviewColumn, PreviewInfo, PreviewRow } from "../../src/protocol/previewedReport";
import type { PreviewStrings } from "../../src/protocol/previewStrings";
import type { GridPosition } from "./gridPosition";
import type { Numbers } from "./text";

export type Phase =
  | { readonly name: "loading" }
  | { readonly name: "failed"; readonly message: string; readonly fix: "retry" | "connect" }
  | { readonly name: "open"; readonly info: PreviewInfo };

/** Everything that the page shows, except the rows. */
export interface Model {
  readonly file: PreviewFile;
  readonly strings: PreviewStrings;
  readonly numbers: Numbers;
  phase: Phase;
  revealed: boolean;
  loadingMore: boolean;
  /** Why rows, or more of them, could not be read. */
  trouble: string | undefined;
  active: GridPosition;
  /** For screen readers. */
  announcement: string;
}

export function rowCount({ phase }: Model): number {
  return phase.name === "open" ? phase.info.rowCount : 0;
}

/** The text below a header's name: the type, and the report's column if it has another name. */
export function columnText(column: PreviewColumn, strings: PreviewStrings): string {
  const { name, reportColumn } = column;
  const type = strings.types[column.type];
  if (reportColumn === null || reportColumn === name) return type;
  return `${type} · ${fill(strings.answersTo, reportColumn)}`;
}

/** Why a row would be refused, including the column if one is at fault. */
export function reasonOf(row: PreviewRow, strings: PreviewStrings): string | undefined {
  const { problem } = row;
  if (!problem) return undefined;
  return problem.column ? fill(strings.columnReason, problem.column, problem.reason) : problem.reason;
}

/** Whether a row's problem is in this column. */
export function hasProblem(row: PreviewRow, column: PreviewColumn): boolean {
  const at = row.problem?.column;
  return typeof at === "string" && (at === column.reportColumn || at === column.name);
}

/** The number of rows, in words. */
export function rowsText({ strings, numbers }: Model, info: PreviewInfo): string {
  if (info.truncated) return fill(strings.firstRows, numbers.integer(info.rowCount));
  return info.rowCount === 1 ? strings.row : fill(strings.rows, numbers.integer(info.rowCount));
}

export function refusedText({ strings, numbers }: Model, info: PreviewInfo): string {
  const { length } = info.refused;
  if (length === 0) return strings.noneRefused;
  return length === 1 ? strings.oneRefused : fill(strings.someRefused, numbers.integer(length));
}
