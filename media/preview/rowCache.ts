import type { PreviewRow } from "../../src/protocol/previewSource";

export interface PageRequest {
  readonly from: number;
  readonly count: number;
}

/** How many rows are fetched at once: about two screens. */
export const pageSize = 100;
/** How many pages are kept: enough to scroll back a little, small compared with what the engine holds. */
const keptPages = 40;
/** Concurrent requests: more would only queue in front of what is visible next. */
const atOnce = 2;

/** The rows around the visible ones, fetched in pages on demand. */
export class RowCache {
  /** Least recently used first. */
  private readonly pages = new Map<number, readonly PreviewRow[]>();
  /** How many rows were requested, by page. */
  private readonly underWay = new Map<number, number>();
  private requested: readonly number[] = [];
  private rowCount = 0;
  private stopped = false;

  constructor(private readonly request: (page: PageRequest) => void) {}

  /** Registers that there are more rows; a page that was short is fetched again. */
  grow(rowCount: number): void {
    for (const [page, rows] of this.pages) {
      if (rows.length < this.expected(page, rowCount)) this.pages.delete(page);
    }
    this.rowCount = rowCount;
  }

  /** Forgets all rows: they have been replaced. */
  clear(rowCount: number): void {
    this.pages.clear();
    this.underWay.clear();
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

  /** Sets the rows that are needed now; pages needed earlier but not yet requested are dropped. */
  want(indexes: readonly number[]): void {
    const inside = indexes.filter((index) => index >= 0 && index < this.rowCount);
    this.requested = [...new Set(inside.map((index) => Math.floor(index / pageSize)))];
    for (const page of this.requested) this.touch(page);
    this.ask();
  }

  receive(from: number, rows: readonly PreviewRow[]): void {
    const page = Math.floor(from / pageSize);
    const requestedRows = this.underWay.get(page) ?? 0;
    this.underWay.delete(page);
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
    this.underWay.clear();
  }

  private ask(): void {
    for (const page of this.requested) {
      if (this.stopped || this.underWay.size >= atOnce) return;
      if (this.pages.has(page) || this.underWay.has(page)) continue;
      const count = this.expected(page, this.rowCount);
      this.underWay.set(page, count);
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
