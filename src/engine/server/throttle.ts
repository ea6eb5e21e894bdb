/** Passes on the newest value at most once per interval: the first value at once, and always the last. */
export class Throttle<T> implements Disposable {
  private waiting: { readonly value: T } | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly milliseconds: number,
    private readonly listener: (value: T) => void,
  ) {}

  push(value: T): void {
    this.waiting = { value };
    if (this.timer === undefined) this.pass();
  }

  /** Passes on a pending value, then ends. */
  [Symbol.dispose](): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting) this.listener(this.waiting.value);
    this.waiting = undefined;
  }

  private pass(): void {
    this.timer = undefined;
    if (!this.waiting) return;
    const { value } = this.waiting;
    this.waiting = undefined;
    this.timer = setTimeout(() => this.pass(), this.milliseconds);
    this.listener(value);
  }
}
