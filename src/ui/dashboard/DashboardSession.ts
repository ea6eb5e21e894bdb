import { describeError, isCleverLakeError } from "../../basics/errors";
import type { DashboardAnswer, NoAnswer } from "../../dashboard/answer";
import { type DashboardFilter, openingFilter } from "../../dashboard/filter";
import type { DashboardProgress } from "../../engine/messages/messages";
import type { FromPage, ToPage } from "../../protocol/dashboard";

/** The source of the dashboard's numbers. */
export interface DashboardSource {
  /** Rejects with a `CleverLakeError`, or once a cancelled question has stopped. */
  ask(
    filter: DashboardFilter,
    signal: AbortSignal,
    onProgress: (progress: DashboardProgress) => void,
  ): Promise<DashboardAnswer | NoAnswer>;
}

/**
 * An open dashboard: asks questions for its page, and outlives the page, which is destroyed whenever its tab is
 * hidden.
 */
export class DashboardSession {
  private state: ToPage;
  private current = new AbortController();
  private latest: DashboardAnswer | undefined;
  private question = 0;

  constructor(
    private readonly source: DashboardSource,
    private readonly post: (message: ToPage) => void,
    private filter: DashboardFilter = openingFilter,
  ) {
    this.state = { type: "loading", question: 0 };
  }

  /** Where the page starts: with the current filter, and the number of its question, from which it counts on. */
  get start() {
    return { filter: this.filter, question: this.question };
  }

  /**
   * The answer that the page shows, even while the next one is computed; undefined before the first and after a
   * failure.
   */
  get answer(): DashboardAnswer | undefined {
    if (this.state.type === "answer") return this.state.answer;
    return this.state.type === "loading" ? this.latest : undefined;
  }

  /**
   * Repeats the last question, because the lake or a setting may have changed, or asks with another filter, with which
   * the page starts when its tab is shown again.
   */
  refresh(filter = this.filter): Promise<void> {
    return this.ask(this.question, filter);
  }

  /** Repeats the last question when a page runs again; until then nobody sees the answer. */
  refreshWhenShown(): void {
    this.current.abort();
    this.show({ type: "loading", question: this.question });
  }

  /** Drops the answer, because the connection may lead to another lake now. `refresh` was called before. */
  forget(): void {
    this.latest = undefined;
    this.show({ type: "loading", question: this.question, forget: true });
  }

  /** Handles messages about questions; the panel handles all others. */
  async handle(message: FromPage): Promise<void> {
    if (message.type === "ready") {
      // A page that starts again gets the previous answer at once, and then the notice that a newer one is being
      // computed.
      if (this.state.type === "loading" && this.latest) {
        this.post({ type: "answer", question: this.question, answer: this.latest });
      }
      this.post(this.state);
      // Deferred, see `refreshWhenShown`.
      if (this.state.type === "loading" && this.current.signal.aborted) await this.refresh();
    } else if (message.type === "ask") await this.ask(message.question, message.filter);
    else if (message.type === "retry") await this.refresh();
  }

  /** Cancels the question in progress. */
  dispose(): void {
    this.current.abort();
  }

  private async ask(question: number, filter: DashboardFilter): Promise<void> {
    this.current.abort();
    this.current = new AbortController();
    const { signal } = this.current;
    this.question = question;
    this.filter = filter;
    this.show({ type: "loading", question });
    try {
      const answer = await this.source.ask(filter, signal, ({ ready, months }) => {
        if (!signal.aborted) this.post({ type: "progress", question, ready, months });
      });
      if (signal.aborted) return;
      const isEmpty = "empty" in answer;
      this.latest = isEmpty ? undefined : answer;
      this.show(
        isEmpty
          ? { type: "empty", question, noLakeAt: answer.noLakeAt }
          : { type: "answer", question, answer },
      );
    } catch (error) {
      if (signal.aborted) return;
      const fix = isCleverLakeError(error, "notConnected") ? "connect" : "retry";
      this.show({ type: "failed", question, message: describeError(error), fix });
    }
  }

  private show(state: ToPage): void {
    this.state = state;
    this.post(state);
  }
}
