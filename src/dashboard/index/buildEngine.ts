import { rm } from "node:fs/promises";
import { Duck, type DuckSession } from "../../duck/duck";

/** A month of a large district fits in; what does not is spilled. */
const memoryLimit = "300MB";

/** DuckDB for as long as an index is brought up to date, opened when it is first needed. */
export class BuildEngine implements AsyncDisposable {
  private opening: Promise<Duck> | undefined;
  private connecting: Promise<DuckSession> | undefined;

  /** @param spillFolder names a folder for what does not fit into memory; only pseudonymized data gets there */
  constructor(private readonly spillFolder: string) {}

  duck(): Promise<Duck> {
    this.opening ??= Duck.open({ memoryLimit, temporaryFolder: this.spillFolder });
    return this.opening;
  }

  /** The one session for the build's tables. */
  session(): Promise<DuckSession> {
    this.connecting ??= this.duck().then(async (duck) => {
      const session = await duck.connect();
      // Whatever needs an order asks for it; to keep others takes memory.
      await session.query("SET preserve_insertion_order = false");
      // Rows of files are looked up in small tables, not the other way round, whatever DuckDB guesses of their number.
      await session.query("SET disabled_optimizers = 'join_order,build_side_probe_side'");
      return session;
    });
    return this.connecting;
  }

  /** Gives its memory back; what asks for it later opens it again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { connecting, opening } = this;
    this.connecting = undefined;
    this.opening = undefined;
    const session = await connecting?.catch(() => undefined);
    session?.close();
    const duck = await opening?.catch(() => undefined);
    duck?.close();
    // What cannot be removed now goes when the cache is next cleaned.
    await rm(this.spillFolder, { recursive: true, force: true }).catch(() => undefined);
  }
}
