import type { PreviewRow } from "../../src/protocol/previewedReport";

export interface PageRequest {
  readonly from: number;
  readonly count: number;
}

/** The number of rows per request: about two screens. */
export const pageSize = 100;
/** The number of pages to keep: enough to scroll back a little, and little compared with the engine's memory. */
const keptPages = 40;
/** The number of concurrent requests: more would only delay the rows that are visible next. */
const concurrentRequests = 2;

/** The rows around the visible ones, fetched in pages on demand. */
export class RowCache {
  /** Least recently used first. */
  private readonly pages = new Map<number, readonly PreviewRow[]>();
  /** The number of requested rows, by page. */
  private readonly inProgress = new Map<number, number>();
  private requested: readonly number[] = [];
  private rowCount = 0;
  private stopped = false;

  constructor(private readonly request: (page: PageRequest) => void) {}

  /** Raises the number of rows; an incomplete page is fetched again. */
  grow(rowCount: number): void {
    for (const [page, rows] of this.pages) {
      if (rows.length < this.expected(page, rowCount)) this.pages.delete(page);
    }
    this.rowCount = rowCount;
  }

  /** Drops all rows, because they have been replaced. */
  clear(rowCount: number): void {
    this.pages.clear();
    this.inProgress.clear();
    this.requested = [];
    this.rowCount = rowCount;
    this.stopped = false;
  }

  row(index: number): PreviewRow | undefined {
    return this.pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  }

  /** All rows in the cache. */
  cached(): readonly PreviewRow[] {
    return [...this.pages.values()].flat();
  }

  /** Sets the rows that are needed now. Pages that were needed earlier but not yet requested are dropped. */
  want(indexes: readonly number[]): void {
    const inside = indexes.filter((index) => index >= 0 && index < this.rowCount);
    this.requested = [...new Set(inside.map((index) => Math.floor(index / pageSize)))];
    for (const page of this.requested) this.touch(page);
    this.ask();
  }

  receive(from: number, rows: readonly PreviewRow[]): void {
    const page = Math.floor(from / pageSize);
    const requestedRows = this.inProgress.get(page) ?? 0;
    this.inProgress.delete(page);
    // If rows were added while the page was being fetched, the result is short and is requested again.
    if (requestedRows === this.expected(page, this.rowCount)) this.pages.set(page, rows);
    for (const oldest of this.pages.keys()) {
      if (this.pages.size <= keptPages) break;
      if (!this.requested.includes(oldest)) this.pages.delete(oldest);
    }
    this.ask();
  }

  /** Stops requesting after a failure, until the rows are cleared. */
  stop(): void {
    this.stopped = true;
    this.inProgress.clear();
  }

  private ask(): void {
    for (const page of this.requested) {
      if (this.stopped || this.inProgress.size >= concurrentRequests) return;
      if (this.pages.has(page) || this.inProgress.has(page)) continue;
      const count = this.expected(page, this.rowCount);
      this.inProgress.set(page, count);
      this.request({ from: page * pageSize, count });
    }
  }

  private touch(page: number): void {
    const rows = this.pages.get(page);
    if (!rows) return;
    this.pages.delete(page);
    this.pages.set(page, rows);
  }

  private expected(page: number, rowCount: number): number {
    return Math.max(0, Math.min(pageSize, rowCount - page * pageSize));
  }
}
