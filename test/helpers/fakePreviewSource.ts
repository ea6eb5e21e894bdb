import { CleverLakeError } from "../../src/errors";
import type { PreviewColumn, PreviewInfo, PreviewRow, PreviewSource } from "../../src/protocol/previewSource";

const dailyColumns: readonly PreviewColumn[] = [
  { name: "date", type: "date", identity: false },
  { name: "staff_id", reportColumn: "sis_id", type: "string", identity: true },
  { name: "clever_user_id", type: "string", identity: true },
  { name: "clever_school_id", type: "string", identity: false },
  { name: "school_name", type: "string", identity: false },
  { name: "active", type: "boolean", identity: false },
  { name: "num_logins", type: "integer", identity: false },
  { name: "num_resources_accessed", type: "integer", identity: false },
  { name: "favorite_color", type: "unknown", identity: true },
];

const schools = [
  "Lincoln Elementary",
  "مدرسة النور الابتدائية",
  "Roosevelt\u202eelddiM",
  "École Saint-Exupéry",
  "<img src=x onerror=alert(1)>",
  `Academy of ${"very ".repeat(58)}long names`,
  "Washington\tHigh\nSchool",
];

/** A report of any size, generated on demand, which records the requests. */
export class FakePreviewSource implements PreviewSource {
  readonly asked: string[] = [];
  /** The error of the next call of each method. */
  readonly failing = new Map<string, Error>();
  loaded: number;

  constructor(
    private readonly options: {
      readonly rows: number;
      readonly total?: number;
      readonly columns?: readonly PreviewColumn[];
      readonly refused?: (row: number) => boolean;
      readonly info?: Partial<PreviewInfo>;
      readonly delay?: number;
    },
  ) {
    this.loaded = options.rows;
  }

  async previewReport(): Promise<PreviewInfo> {
    await this.note("previewReport");
    return this.info();
  }

  async previewRows({ token, from, count, reveal }: Parameters<PreviewSource["previewRows"]>[0]) {
    await this.note("previewRows", `${token} ${from} ${count} ${reveal}`);
    const end = Math.min(from + count, this.loaded);
    return Array.from({ length: Math.max(0, end - from) }, (_, index) => this.row(from + index, reveal));
  }

  async recordReveal(token: string): Promise<void> {
    await this.note("recordReveal", token);
  }

  async refusedRows(token: string, _signal: AbortSignal): Promise<readonly number[]> {
    await this.note("refusedRows", token);
    return Array.from({ length: this.loaded }, (_, row) => row).filter((row) => this.isRefused(row));
  }

  async loadMore(): Promise<PreviewInfo> {
    await this.note("loadMore");
    this.loaded = Math.min(this.loaded + this.options.rows, this.options.total ?? this.loaded);
    return this.info();
  }

  async closePreview(token: string): Promise<void> {
    await this.note("closePreview", token);
  }

  private info(): PreviewInfo {
    const total = this.options.total ?? this.loaded;
    let refusedCount = 0;
    for (let row = 0; row < this.loaded; row++) if (this.isRefused(row)) refusedCount++;
    return {
      token: "t1",
      columns: this.options.columns ?? dailyColumns,
      rowCount: this.loaded,
      refusedCount,
      totalBytes: total * 93,
      readBytes: this.loaded * 93,
      truncated: this.loaded < total,
      full: false,
      ...this.options.info,
    };
  }

  private row(index: number, reveal: boolean): PreviewRow {
    const cells = [
      "2026-11-20",
      reveal ? `10${index}` : null,
      reveal ? `65f0c1d2e3a4b5c6d7${index.toString(16).padStart(6, "0")}` : null,
      "5f1a7b3c9d2e4f60718293a4",
      schools[index % schools.length] ?? "",
      index % 3 === 0 ? "true" : "false",
      this.isRefused(index) ? "twelve" : String(index % 17),
      index % 5 === 0 ? "" : String((index * 7) % 113),
      reveal ? "teal" : null,
    ];
    return {
      line: index + 2,
      cells: (this.options.columns ?? dailyColumns).map((_, column) => cells[column] ?? ""),
      ...(this.isRefused(index)
        ? { problem: { column: "num_logins", reason: "The cell is not a whole number." } }
        : {}),
    };
  }

  private isRefused(row: number): boolean {
    return this.options.refused?.(row) ?? false;
  }

  private async note(name: string, what = ""): Promise<void> {
    this.asked.push(`${name} ${what}`.trim());
    if (this.options.delay) await new Promise((resolve) => setTimeout(resolve, this.options.delay));
    const failure = this.failing.get(name);
    this.failing.delete(name);
    if (failure) throw failure;
  }
}

export const forgotten = new CleverLakeError("notFound", "The preview was closed.");
