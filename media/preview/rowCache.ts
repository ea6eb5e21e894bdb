import type { PreviewRow } from "../../src/protocol/previewSource";

export interface PageRequest {
  readonly from: number;
  readonly count: number;
}

/** How many rows are fetched together: about two screens. */
export const pageSize = 100;
/** Pages kept: enough to scroll back a little, small beside what the engine holds. */
const keptPages = 40;
/** Requests under way at a time: more would only queue in front of what is on screen next. */
const atOnce = 2;

/** The rows around what is on screen, fetched in pages when they are wanted. */
export class RowCache {
  /** In the order of their last use. */
  private readonly pages = new Map<number, readonly PreviewRow[]>();
  /** How many rows were asked for, by page. */
  private readonly underWay = new Map<number, number>();
  private wanted: readonly number[] = [];
  private rowCount = 0;
  private stopped = false;

  constructor(private readonly request: (page: PageRequest) => void) {}

  /** Takes note that there are more rows; a page that was short of rows is fetched again. */
  grow(rowCount: number): void {
    for (const [page, rows] of this.pages) {
      if (rows.length < this.expected(page, rowCount)) this.pages.delete(page);
    }
    this.rowCount = rowCount;
  }

  /** Forgets all rows: others stand in their place now. */
  clear(rowCount: number): void {
    this.pages.clear();
    this.underWay.clear();
    this.wanted = [];
    this.rowCount = rowCount;
    this.stopped = false;
  }

  row(index: number): PreviewRow | undefined {
    return this.pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  }

  /** All rows at hand. */
  cached(): readonly PreviewRow[] {
    return [...this.pages.values()].flat();
  }

  /** Says which rows are wanted now; pages wanted earlier and not yet asked for are let go. */
  want(indexes: readonly number[]): void {
    const inside = indexes.filter((index) => index >= 0 && index < this.rowCount);
    this.wanted = [...new Set(inside.map((index) => Math.floor(index / pageSize)))];
    for (const page of this.wanted) this.touch(page);
    this.ask();
  }

  receive(from: number, rows: readonly PreviewRow[]): void {
    const page = Math.floor(from / pageSize);
    const asked = this.underWay.get(page) ?? 0;
    this.underWay.delete(page);
    // More rows came while the page was under way: what arrives is short of them, and is asked for again.
    if (asked === this.expected(page, this.rowCount)) this.pages.set(page, rows);
    for (const oldest of this.pages.keys()) {
      if (this.pages.size <= keptPages) break;
      if (!this.wanted.includes(oldest)) this.pages.delete(oldest);
    }
    this.ask();
  }

  /** Stops asking, after a failure, until the rows are cleared. */
  stop(): void {
    this.stopped = true;
    this.underWay.clear();
  }

  private ask(): void {
    for (const page of this.wanted) {
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
