import * as z from "zod";
import type { PreviewInfo, PreviewRow } from "./previewedReport";
import type { PreviewStrings } from "./previewStrings";

/** How many rows a page may request at once. */
const maxRows = 1_000;

const index = z.int().nonnegative();

/** The previewed file, as the page shows it and saves it across reloads of the window. */
export const previewFile = z.object({
  path: z.string().min(1),
  origin: z.enum(["server", "lake"]),
  name: z.string().min(1),
});
export type PreviewFile = z.infer<typeof previewFile>;

/** The state that the page saves while it is hidden: positions and sizes, never cells. */
export const pageState = z.object({
  file: previewFile,
  row: z.int().min(-1),
  column: index,
  scrollTop: z.number().nonnegative(),
  /** By column name, in pixels; only those set by the user. */
  widths: z.record(z.string(), z.number().positive()),
});
export type PageState = z.infer<typeof pageState>;

/** What the page sends to the extension. */
export const fromPage = z.discriminatedUnion("type", [
  /**
   * The page is running and listening; it restarts whenever its tab becomes visible. Its saved state may be damaged, or from
   * another version: `init` returns it if it is valid.
   */
  z.object({ type: z.literal("ready"), state: pageState.optional().catch(undefined) }),
  z.object({ type: z.literal("rows"), generation: index, from: index, count: z.int().min(1).max(maxRows) }),
  z.object({ type: z.literal("reveal"), on: z.boolean() }),
  z.object({ type: z.literal("more") }),
  /** Reopens the report from the start, after a failure. */
  z.object({ type: z.literal("retry") }),
  z.object({ type: z.literal("connect") }),
]);
export type FromPage = z.infer<typeof fromPage>;

/** What the extension sends to the page. */
export type ToPage =
  | {
      readonly type: "init";
      readonly file: PreviewFile;
      readonly strings: PreviewStrings;
      /** The page's saved state. */
      readonly before: PageState | undefined;
    }
  | { readonly type: "loading" }
  | Opened
  | { readonly type: "failed"; readonly message: string; readonly fix: "retry" | "connect" }
  | Rows
  /** Rows could not be read; the page shows why and offers to retry. */
  | { readonly type: "rowsFailed"; readonly generation: number; readonly message: string }
  | { readonly type: "moreFailed"; readonly message: string };

/** The report is open, has more rows than before, or reveals or masks its identities. */
export interface Opened {
  readonly type: "opened";
  readonly info: PreviewInfo;
  readonly revealed: boolean;
  /** The page must not show rows of an earlier generation. */
  readonly generation: number;
}

export interface Rows {
  readonly type: "rows";
  readonly generation: number;
  readonly from: number;
  readonly rows: readonly PreviewRow[];
}
