import { CleverLakeError } from "../../src/basics/errors";
import type { PreviewColumn, PreviewInfo, PreviewRow } from "../../src/protocol/previewedReport";
import type { PreviewSource } from "../../src/ui/preview/enginePreviews";

const column = (
  name: string,
  type: PreviewColumn["type"],
  identity = false,
  reportColumn: string | null = name,
): PreviewColumn => ({ name, type, identity, reportColumn });

const dailyColumns: readonly PreviewColumn[] = [
  column("date", "date"),
  column("staff_id", "string", true, "sis_id"),
  column("clever_user_id", "string", true),
  column("clever_school_id", "string"),
  column("school_name", "string"),
  column("active", "boolean"),
  column("num_logins", "integer"),
  column("num_resources_accessed", "integer"),
  column("favorite_color", "unknown", true, null),
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

  async previewReport() {
    await this.note("previewReport");
    return { token: "t1", info: this.info() };
  }

  async previewRows({ token, from, count, reveal }: Parameters<PreviewSource["previewRows"]>[0]) {
    await this.note("previewRows", `${token} ${from} ${count} ${reveal}`);
    const end = Math.min(from + count, this.loaded);
    return Array.from({ length: Math.max(0, end - from) }, (_, index) => this.row(from + index, reveal));
  }

  async recordReveal(token: string): Promise<void> {
    await this.note("recordReveal", token);
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
    return {
      columns: this.options.columns ?? dailyColumns,
      rowCount: this.loaded,
      refused: Array.from({ length: this.loaded }, (_, row) => row).filter((row) => this.isRefused(row)),
      totalBytes: total * 93,
      readBytes: this.loaded * 93,
      truncated: this.loaded < total,
      full: false,
      problem: null,
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
      problem: this.isRefused(index)
        ? { line: index + 2, column: "num_logins", reason: "The cell is not a whole number." }
        : null,
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
