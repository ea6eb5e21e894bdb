import { rm } from "node:fs/promises";
import { Duck, type DuckSession } from "../../duck/duck";

/** A DuckDB instance for one index update, opened on first use. */
export class BuildEngine implements AsyncDisposable {
  private opening: Promise<Duck> | undefined;
  private connecting: Promise<DuckSession> | undefined;

  /**
   * @param spillFolder a folder for data that exceeds the memory limit; only pseudonymized data is written there
   * @param signal ends the update
   */
  constructor(
    private readonly spillFolder: string,
    private readonly signal: AbortSignal,
  ) {}

  duck(): Promise<Duck> {
    this.opening ??= Duck.open({ temporaryFolder: this.spillFolder });
    return this.opening;
  }

  /** The session that holds the build's tables. */
  session(): Promise<DuckSession> {
    this.connecting ??= this.duck().then(async (duck) => {
      const session = await duck.connect(this.signal);
      // Queries that need an order ask for it; preserving insertion order costs memory.
      await session.query("SET preserve_insertion_order = false");
      // Rows of files are looked up in small tables, not the other way round, whatever row counts DuckDB estimates.
      await session.query("SET disabled_optimizers = 'join_order,build_side_probe_side'");
      return session;
    });
    return this.connecting;
  }

  /** Frees its memory; the next use opens it again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { connecting, opening } = this;
    this.connecting = undefined;
    this.opening = undefined;
    const session = await connecting?.catch(() => undefined);
    session?.close();
    const duck = await opening?.catch(() => undefined);
    duck?.close();
    // If removing it fails, the next clean-up of the cache removes it.
    await rm(this.spillFolder, { recursive: true, force: true }).catch(() => undefined);
  }
}
