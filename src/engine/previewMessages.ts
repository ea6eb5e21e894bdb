import type { Problem } from "../clever/header";
import type { ColumnType, ReportName, UserType } from "../clever/reports";
import type { Connected } from "./connectionMessages";

export interface PreviewParams extends Connected {
  readonly origin: "server" | "lake";
  /** On the server, or in the lake. */
  readonly path: string;
  /** How much of the file to read; default: 2 MB. */
  readonly bytes?: number;
}

export interface PreviewColumn {
  /** As in the file; null for an unknown column whose header does not look like a name. */
  readonly name: string | null;
  /** The report's column that it corresponds to; null for one that the report does not have. */
  readonly reportColumn: string | null;
  readonly type: ColumnType;
  /** Whether it holds identities, or may: the content of an unknown column is not known. */
  readonly identity: boolean;
}

export interface PreviewInfo {
  /** For `previewRows`, `previewMore` and `closePreview`. */
  readonly token: string;
  readonly report: ReportName | null;
  readonly userType: UserType | null;
  /** The file's size, and the bytes of the rows read so far. */
  readonly size: number;
  readonly bytesRead: number;
  /** Whether the file has further rows; `previewMore` reads more unless the preview is `full`. */
  readonly truncated: boolean;
  readonly full: boolean;
  readonly columns: readonly PreviewColumn[];
  readonly rows: number;
  /** How many of them would be refused. */
  readonly badRows: number;
  /** Why the file cannot be read as a report at all; it then has no rows. */
  readonly problem: Problem | null;
}

export interface PreviewRow {
  readonly line: number;
  /**
   * In the file's order; null if masked. Masked are all identities and, in a refused row, every cell whose form does
   * not prove that it is none: a shifted column can put an identity anywhere. A refused row can have another number
   * of cells than there are columns; a row that cannot be split is one masked cell.
   */
  readonly cells: readonly (string | null)[];
  readonly problem: { readonly column: string | null; readonly reason: string } | null;
}

export interface PreviewPage {
  readonly from: number;
  readonly rows: readonly PreviewRow[];
  /** Only if reveal was requested: for each row its masked cells, null where `cells` has a value. */
  readonly identities: readonly (readonly (string | null)[])[] | null;
}
