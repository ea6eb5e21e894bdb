/** A part of the index that is read from the cache when a question first needs it, and then stays in memory. */
export class OnDemand<Value> {
  isLost = false;
  private content: Value | undefined;
  private reading: Promise<Value | undefined> | undefined;

  /** @param load reads it; resolves to undefined if it is lost */
  constructor(private readonly load: () => Promise<Value | undefined>) {}

  /** One that is in memory. */
  static of<Value>(content: Value): OnDemand<Value> {
    const part = new OnDemand<Value>(async () => content);
    part.content = content;
    return part;
  }

  /** Rejects with `LostPart`. */
  async read(): Promise<void> {
    this.reading ??= this.load();
    this.content = await this.reading;
    this.isLost = this.content === undefined;
    if (this.isLost) throw new LostPart();
  }

  /** To be used after `read`. */
  get value(): Value {
    if (this.content === undefined) throw new LostPart();
    return this.content;
  }
}

/** A file of the cache is gone or damaged: `IndexKeeper.ask` asks the question again. */
export class LostPart extends Error {}
