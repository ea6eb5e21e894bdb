import { describeError, isCleverLakeError } from "../../basics/errors";
import type { FromPage, ToPage } from "../../protocol/preview";
import type { PreviewInfo, PreviewRow } from "../../protocol/previewedReport";
import type { PreviewLocation, PreviewSource } from "./enginePreviews";

/** The panel's functions that a session needs. */
export interface PreviewHost {
  post(message: ToPage): void;
  /** Asks the user, modally, whether identities may be shown. */
  confirmReveal(): Promise<boolean>;
  /** Informs the user that the identities stay hidden, and why. */
  revealFailed(error: unknown): void;
}

/** One open report: serves its page, and outlives the page, which is destroyed whenever its tab is hidden. */
export class PreviewSession {
  private state: ToPage = { type: "loading" };
  private token = "";
  private info: PreviewInfo | undefined;
  private revealed = false;
  private generation = 0;
  /** Cancels the work in progress for the current token. */
  private current = new AbortController();
  private loadingMore = false;
  private asking = false;
  /** Whether any rows have been sent since the report was opened. If none were, reopening it would loop forever. */
  private served = false;

  constructor(
    private readonly source: PreviewSource,
    private readonly file: PreviewLocation,
    private readonly host: PreviewHost,
  ) {}

  /** Opens or reopens the report, masked. The page is notified of success and failure. */
  async open(): Promise<void> {
    const signal = this.abandonReport();
    this.show({ type: "loading" });
    try {
      const { path, origin } = this.file;
      const { token, info } = await this.source.previewReport({ path, origin }, signal);
      if (signal.aborted) return await this.close(token);
      this.token = token;
      this.served = false;
      this.revealed = false;
      this.generation++;
      this.showOpened(info);
    } catch (error) {
      if (signal.aborted) return;
      const fix = isCleverLakeError(error, "notConnected") ? "connect" : "retry";
      this.show({ type: "failed", message: describeError(error), fix });
    }
  }

  /** Closes the report, and reopens it once a page runs, since until then nobody sees it. */
  reopenWhenShown(): void {
    this.abandonReport();
    this.current.abort();
    this.show({ type: "loading" });
  }

  async handle(message: FromPage): Promise<void> {
    switch (message.type) {
      case "ready":
        this.host.post(this.state);
        // Deferred, see `reopenWhenShown`.
        return this.current.signal.aborted ? this.open() : undefined;
      case "rows":
        return this.sendRows(message.generation, message.from, message.count);
      case "reveal":
        return this.reveal(message.on);
      case "more":
        return this.loadMore();
      case "retry":
        return this.open();
    }
  }

  /** Cancels work in progress and lets the engine release the report. */
  dispose(): void {
    this.abandonReport();
    this.current.abort();
  }

  private async sendRows(generation: number, from: number, count: number): Promise<void> {
    const { info, token } = this;
    const { signal } = this.current;
    if (!info || generation !== this.generation) return;
    const reveal = this.revealed;
    try {
      const rows = await this.source.previewRows({ token, from, count, reveal }, signal);
      // Reveal was toggled while the rows were being fetched, so they are outdated.
      if (signal.aborted || generation !== this.generation) return;
      this.served = true;
      this.host.post({
        type: "rows",
        generation,
        from,
        rows: reveal ? rows : rows.map((row) => mask(row, info)),
      });
    } catch (error) {
      if (signal.aborted || generation !== this.generation) return;
      if (this.served && isGone(error)) return this.open();
      this.host.post({ type: "rowsFailed", generation, message: describeError(error) });
    }
  }

  private async reveal(on: boolean): Promise<void> {
    if (!this.info || this.asking || on === this.revealed) return;
    const { signal } = this.current;
    if (on) {
      this.asking = true;
      try {
        if (!(await this.host.confirmReveal())) return;
        await this.source.recordReveal(this.token, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (isGone(error)) return await this.open();
        this.host.revealFailed(error);
        return;
      } finally {
        this.asking = false;
      }
      if (signal.aborted) return;
    }
    this.revealed = on;
    this.generation++;
    if (this.info) this.showOpened(this.info);
  }

  private async loadMore(): Promise<void> {
    const { info, token } = this;
    const { signal } = this.current;
    if (!info?.truncated || info.full || this.loadingMore) return;
    this.loadingMore = true;
    try {
      const more = await this.source.loadMore(token, signal);
      if (!signal.aborted) this.showOpened(more);
    } catch (error) {
      if (signal.aborted) return;
      if (isGone(error)) return await this.open();
      this.host.post({ type: "moreFailed", message: describeError(error) });
    } finally {
      this.loadingMore = false;
    }
  }

  private showOpened(info: PreviewInfo): void {
    this.info = info;
    this.show({ type: "opened", info, revealed: this.revealed, generation: this.generation });
  }

  private show(state: ToPage): void {
    this.state = state;
    this.host.post(state);
  }

  /** Abandons the current report; later results for it are discarded. */
  private abandonReport(): AbortSignal {
    this.current.abort();
    this.current = new AbortController();
    if (this.info) void this.close(this.token);
    this.info = undefined;
    return this.current.signal;
  }

  private async close(token: string): Promise<void> {
    try {
      await this.source.closePreview(token);
    } catch {
      // An engine that has exited no longer has the report.
    }
  }
}

/** Whether the engine no longer has the report: it was restarted, or made room for other previews. */
function isGone(error: unknown): boolean {
  return isCleverLakeError(error, "notFound");
}

/** Masks identities a second time: no identity reaches the page unless revealed, whatever the source returned. */
function mask(row: PreviewRow, info: PreviewInfo): PreviewRow {
  return {
    ...row,
    cells: row.cells.map((cell, index) => {
      const column = info.columns[index];
      return column === undefined || column.identity || column.type === "unknown" ? null : cell;
    }),
  };
}
