import type { DashboardAnswer, NoAnswer } from "../../dashboard/answer";
import { type DashboardFilter, openingFilter } from "../../dashboard/filter";
import type { DashboardProgress } from "../../engine/messages";
import { describeError } from "../../errors";
import type { FromPage, ToPage } from "../../protocol/dashboard";

/** Where the dashboard's numbers come from. */
export interface DashboardSource {
  /** Rejects with a `CleverLakeError`, or once a question that was called off has come to rest. */
  ask(
    filter: DashboardFilter,
    signal: AbortSignal,
    onProgress: (progress: DashboardProgress) => void,
  ): Promise<DashboardAnswer | NoAnswer>;
}

/** An open dashboard: asks for its page and outlives it, since the page goes whenever its tab is hidden. */
export class DashboardSession {
  private state: ToPage;
  private current = new AbortController();
  private latest: DashboardAnswer | undefined;
  private question = 0;

  constructor(
    private readonly source: DashboardSource,
    private readonly post: (message: ToPage) => void,
    private filterNow: DashboardFilter = openingFilter,
  ) {
    this.state = { type: "loading", question: 0 };
  }

  get filter(): DashboardFilter {
    return this.filterNow;
  }

  /** The number of the question at hand; the page goes on from it. */
  get at(): number {
    return this.question;
  }

  /** What the page shows; undefined before the first answer and after a failure. */
  get answer(): DashboardAnswer | undefined {
    return this.state.type === "answer" ? this.state.answer : undefined;
  }

  /** Asks again what was asked last: the lake or a setting may have changed. */
  refresh(): Promise<void> {
    return this.ask(this.question, this.filterNow);
  }

  /** Asks with another filter, which the page begins with when it comes back. */
  use(filter: DashboardFilter): Promise<void> {
    return this.ask(this.question, filter);
  }

  /** Does what concerns questions; everything else is the panel's. */
  async handle(message: FromPage): Promise<void> {
    if (message.type === "ready") {
      // A page that comes back has its pictures at once, and learns then that newer ones are under way.
      if (this.state.type === "loading" && this.latest) {
        this.post({ type: "answer", question: this.question, answer: this.latest });
      }
      this.post(this.state);
    } else if (message.type === "ask") await this.ask(message.question, message.filter);
    else if (message.type === "retry") await this.refresh();
  }

  /** Calls off what is under way. */
  dispose(): void {
    this.current.abort();
  }

  private async ask(question: number, filter: DashboardFilter): Promise<void> {
    this.current.abort();
    this.current = new AbortController();
    const { signal } = this.current;
    this.question = question;
    this.filterNow = filter;
    this.show({ type: "loading", question });
    try {
      const answer = await this.source.ask(filter, signal, ({ ready, months }) => {
        if (!signal.aborted) this.post({ type: "progress", question, ready, months });
      });
      if (signal.aborted) return;
      this.latest = "empty" in answer ? undefined : answer;
      this.show("empty" in answer ? { type: "empty", question } : { type: "answer", question, answer });
    } catch (error) {
      if (!signal.aborted) this.show({ type: "failed", question, message: describeError(error) });
    }
  }

  private show(state: ToPage): void {
    this.state = state;
    this.post(state);
  }
}
