import { rmSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from "@duckdb/node-api";
import { CleverLakeError, diskFull } from "../basics/errors";
import { limitConcurrency } from "../basics/mapConcurrently";
import { machineScratch } from "../basics/scratch";
import type { ColumnShape, TypedColumns } from "./columns";

/** A parameter of a statement: bound, never inserted into the text. */
export type SqlParameter = string | number | bigint | boolean | null;
/**
 * A result cell as plain JavaScript: BIGINT as bigint, DATE as Date, lists as arrays. Cast in SQL to get other types.
 */
export type SqlValue = unknown;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface DuckOptions {
  /** Default: as many as the machine has cores and enough memory for, but at most four. */
  readonly threads?: number;
  /**
   * Where DuckDB may spill. Only the owner may be able to read it, because identities can end up there. Default: a
   * folder of its own in the system's temporary folder, removed at the end (DuckDB's default is the current folder).
   * If it is empty, nothing is spilled until `spillInto` sets a folder.
   */
  readonly temporaryFolder?: string;
}

/** Bounds the memory on machines with many cores. */
const maxThreads = 4;
/**
 * Each thread reads, sorts and compresses buffers of its own, which cannot be spilled. This is enough for a file of 6.4
 * million rows (`bench/README.md`, h) with one and with two threads.
 */
const megabytesPerThread = 140;

/** Limit for streamed rows that wait to be read. With DuckDB's default of 1 MB, its threads would wait more than work. */
const rowsAhead = "32MB";

/** An in-memory DuckDB: the embedded engine for CSV, hashing, Parquet and SQL. Dispose it when done. */
export class Duck implements AsyncDisposable {
  private isClosed = false;

  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly memory: MemoryLimit,
    private readonly ownFolder: string | undefined,
  ) {}

  static async open(options: DuckOptions = {}): Promise<Duck> {
    const ownFolder = options.temporaryFolder === undefined ? await machineScratch() : undefined;
    const threads = options.threads ?? defaultThreads();
    const memory = new MemoryLimit(threads * megabytesPerThread);
    const config: Record<string, string> = {
      threads: String(threads),
      memory_limit: memory.text,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      preserve_insertion_order: "true",
    };
    const temporaryFolder = options.temporaryFolder ?? ownFolder;
    if (temporaryFolder !== undefined) config.temp_directory = temporaryFolder;
    // Loaded on first use, because loading takes tens of milliseconds.
    const library = await import("./library");
    return new Duck(await library.DuckDBInstance.create(":memory:", config), memory, ownFolder);
  }

  /**
   * A separate session: temporary tables and running statements are not shared between sessions. An abort of `signal`
   * interrupts its statements.
   */
  async connect(signal?: AbortSignal): Promise<DuckSession> {
    return new DuckSession(await this.instance.connect(), this.memory, signal);
  }

  /** Runs `work` in a session that is closed afterwards. */
  async session<T>(work: (session: DuckSession) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const session = await this.connect(signal);
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }

  /** Sets the folder to spill into; possible until something has been spilled. */
  async spillInto(folder: string): Promise<void> {
    await this.session((session) => session.query(`SET temp_directory = ${sqlString(folder)}`));
  }

  /** May be called twice. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.instance.closeSync();
    // On Windows a virus scanner may hold spilled files for a moment.
    if (this.ownFolder !== undefined) rmSync(this.ownFolder, { recursive: true, force: true, maxRetries: 3 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/**
 * One connection; statements on it run one after the other. Once its signal is aborted, they reject with the signal's
 * reason.
 */
export class DuckSession {
  /** A second statement would end one whose rows are still being read. */
  private readonly statements = limitConcurrency(1);

  constructor(
    private readonly connection: DuckDBConnection,
    private readonly memory: MemoryLimit,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Runs one statement and returns its rows. Failures reject with code `engine` and a message without cell values. */
  async query(sql: string, parameters: readonly SqlParameter[] = []): Promise<SqlRow[]> {
    return this.interruptibly(async () => {
      // Without parameters no statement is prepared: preparing would parse and plan on this thread.
      const values: DuckDBValue[] | undefined = parameters.length > 0 ? [...parameters] : undefined;
      const reader = await this.connection.runAndReadAll(sql, values);
      return reader.getRowObjectsJS() as SqlRow[];
    });
  }

  /** Like `query`, for a statement whose rows may come in any order: keeping theirs takes half as long again. */
  async queryUnordered(sql: string): Promise<SqlRow[]> {
    await this.query("SET SESSION preserve_insertion_order = false");
    try {
      return await this.query(sql);
    } finally {
      await this.query("SET SESSION preserve_insertion_order = true");
    }
  }

  /**
   * Runs one statement and returns its columns as typed arrays, which is fast enough for millions of numbers. The
   * statement's columns are those of `shape`, in the same order, and contain no nulls. Otherwise like `query`.
   *
   * @param source of a FROM clause; has at least as many rows, so that the arrays need not grow
   */
  async columns<Shape extends ColumnShape>(
    sql: string,
    shape: Shape,
    source: string,
  ): Promise<TypedColumns<Shape>> {
    const { most } = await this.one(`SELECT count(*)::DOUBLE AS most FROM ${source}`);
    return this.interruptibly(async () => {
      const { ColumnReader } = await import("./columnReader");
      const columns = new ColumnReader(shape, Number(most));
      // Read while it is computed: otherwise DuckDB would hold all rows, too.
      await this.connection.run(`SET streaming_buffer_size = '${rowsAhead}'`);
      const result = await this.connection.stream(sql);
      for (;;) {
        const chunk = await result.fetchChunk();
        this.signal?.throwIfAborted();
        if (chunk === null || chunk.rowCount === 0) return columns.filled();
        columns.add(chunk);
      }
    });
  }

  /** The first row of a statement that returns at least one. */
  async one(sql: string, parameters: readonly SqlParameter[] = []): Promise<SqlRow> {
    const [row] = await this.query(sql, parameters);
    if (row === undefined)
      throw new CleverLakeError("engine", "DuckDB returned no row where one was expected.");
    return row;
  }

  close(): void {
    this.connection.closeSync();
  }

  private async interruptibly<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this;
    const interrupt = () => this.connection.interrupt();
    signal?.addEventListener("abort", interrupt, { once: true });
    try {
      return await this.statements.execute(() =>
        this.memory.retryWithMore(() => {
          signal?.throwIfAborted();
          return work();
        }, this.connection),
      );
    } catch (error) {
      signal?.throwIfAborted();
      if (diskFullMessage.test(String(error))) throw diskFull();
      const message = withoutValues(error);
      const hint = outOfMemoryMessage.test(message) ? memoryHint : undefined;
      throw new CleverLakeError("engine", `DuckDB failed: ${message}`, { hint });
    } finally {
      signal?.removeEventListener("abort", interrupt);
    }
  }
}

/**
 * The memory limit of an instance. It starts small, because almost everything can be spilled, and grows when something
 * cannot, such as the distinct ids of millions of people.
 */
class MemoryLimit {
  constructor(private megabytes: number) {}

  get text(): string {
    return `${this.megabytes}MB`;
  }

  /**
   * Runs a statement again with twice the limit, up to half of the machine's memory, while it needs more. No statement
   * leaves anything behind when it fails, because each is a transaction of its own.
   */
  async retryWithMore<T>(statement: () => Promise<T>, connection: DuckDBConnection): Promise<T> {
    for (;;) {
      const given = this.megabytes;
      try {
        return await statement();
      } catch (error) {
        const message = String(error);
        if (!outOfMemoryMessage.test(message) || diskFullMessage.test(message)) throw error;
        // Otherwise a concurrent statement has doubled it.
        if (this.megabytes === given) {
          const more = Math.min(2 * given, maxMegabytes());
          if (more <= given) throw error;
          this.megabytes = more;
          await connection.run(`SET memory_limit = ${sqlString(this.text)}`);
        }
      }
    }
  }
}

/** As many threads as half of the machine's memory suffices for, so that a small container is not killed. */
function defaultThreads(): number {
  const affordable = Math.max(1, Math.floor(maxMegabytes() / megabytesPerThread));
  return Math.min(availableParallelism(), maxThreads, affordable);
}

/** Half of the memory of the machine, or of the container. */
function maxMegabytes(): number {
  const limited = process.constrainedMemory();
  return Math.floor(Math.min(totalmem(), limited > 0 ? limited : totalmem()) / 2e6);
}

const outOfMemoryMessage = /Out of Memory/i;
const memoryHint = "Give the machine or the container more memory; the engine uses up to half of it.";

/** DuckDB's messages when the disk is full for a file or for spilling. */
const diskFullMessage = /No space left on device|not enough space on the disk|failed to offload data block/i;

/**
 * DuckDB quotes the offending value or line in its messages. A cell can be an identity and a literal can be a secret,
 * and both can contain quotation marks and line ends. So everything from the first quotation mark on is removed, except
 * for the system's reason at the end, such as `: Permission denied`.
 */
function withoutValues(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ""] = message.split("\n", 1);
  return line.replace(/["'].*?(?:["'](?=: [A-Z][a-z ]+$)|$)/, "…");
}

/** A text as an SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an SQL identifier. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A local file's path as an SQL literal for `read_csv` and `read_parquet`. They take a path with `*`, `?` or `[` for a
 * pattern, which can match other files.
 */
export function sqlFile(localPath: string): string {
  return sqlString(localPath.replaceAll(/[*?[]/g, "[$&]"));
}

/** Paths of local files as an SQL list of such literals. */
export function sqlFiles(localPaths: readonly string[]): string {
  return `[${localPaths.map(sqlFile).join(", ")}]`;
}

/** Texts as an SQL list of string literals. */
export function sqlStrings(texts: readonly string[]): string {
  return `[${texts.map(sqlString).join(", ")}]`;
}
