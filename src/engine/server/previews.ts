import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import { type Reveal, recordReveal } from "../../pipeline/log/reveals";
import type { SourceFile } from "../../sftp/source";
import type {
  Connected,
  Preview,
  PreviewInfo,
  PreviewParams,
  PreviewRow,
  PreviewRowsParams,
} from "../messages/messages";
import { checkedSettings, openLake, type Sources } from "./connections";
import { Lane } from "./lane";
import { PreviewFile, type ReadRange } from "./previewFile";
import { previewColumns, shownRows } from "./previewMask";

/** How much of a file is read at a time. */
const bytesPerRequest = 2 * 1024 * 1024;
const rowsPerPage = 1_000;
/** For all previews together; the least recently used ones are closed to make room. */
const rowsInMemory = 250_000;
const previewsInMemory = 20;

/** The location of a preview's file. Credentials come with each request. */
type Place =
  | { readonly origin: "server"; readonly file: SourceFile }
  | { readonly origin: "lake"; readonly file: Pick<SourceFile, "path" | "size"> };

interface OpenPreview {
  /**
   * The server and the lake it was opened from: further reads must use the same ones, and a reveal is recorded there.
   */
  readonly origin: string;
  readonly place: Place;
  readonly file: PreviewFile;
  /** Whether the reveal of its identities has been recorded. */
  revealed: boolean;
}

/** Open previews: their rows stay here and are sent in pages. */
export class Previews {
  /** Least recently used first. */
  private readonly open = new Map<string, OpenPreview>();
  private readonly lane = new Lane();

  constructor(private readonly sources: Sources) {}

  async openReport(params: PreviewParams, signal: AbortSignal): Promise<Preview> {
    return this.lane.run(signal, async () => {
      const token = randomUUID();
      const place = await this.find(params, signal);
      const file = new PreviewFile(params.path, place.file.size);
      const preview = { origin: originOf(params), place, file, revealed: false };
      await this.readMore(preview, params, signal);
      this.open.set(token, preview);
      this.makeRoom(token);
      return { token, info: infoOf(preview) };
    });
  }

  async more(params: Connected & { readonly token: string }, signal: AbortSignal): Promise<PreviewInfo> {
    return this.lane.run(signal, async () => {
      const preview = this.getFor(params);
      await this.readMore(preview, params, signal);
      this.makeRoom(params.token);
      return infoOf(preview);
    });
  }

  /** Records in the lake who reveals the identities, before any are shown. */
  async reveal(params: Connected & { readonly token: string }, signal: AbortSignal): Promise<Reveal> {
    const preview = this.getFor(params);
    const lake = await openLake(params);
    const { origin, file } = preview.place;
    const { path } = file;
    try {
      const who = { user: userName(), machine: hostname() };
      const reveal = await recordReveal(lake, { ...who, origin, path }, signal);
      preview.revealed = true;
      return reveal;
    } catch (error) {
      if (!isCleverLakeError(error)) throw error;
      const hint = error.code === "auth" ? "This requires write access to stage1np." : error.hint;
      throw new CleverLakeError(
        error.code,
        `The identities stay hidden, because the reveal could not be recorded in the lake. ${error.message}`,
        { subject: path, hint, cause: error },
      );
    }
  }

  rows({ token, from, count, reveal }: PreviewRowsParams): PreviewRow[] {
    const { file, revealed } = this.get(token);
    if (!file.header) return [];
    const start = Math.max(0, from);
    const page = file.rows.slice(start, start + Math.min(count, rowsPerPage));
    return shownRows(page, file.header, reveal && revealed);
  }

  close(token: string): void {
    this.open.delete(token);
  }

  closeAll(): void {
    this.open.clear();
  }

  private async find(params: PreviewParams, signal: AbortSignal): Promise<Place> {
    const { origin, path } = params;
    if (origin === "server") {
      return { origin, file: await this.sources.use(params, (source) => source.stat(path, signal)) };
    }
    const entry = await (await openLake(params)).stat(path, { signal });
    if (entry?.kind !== "file") {
      throw new CleverLakeError("notFound", "The lake has no such file.", { subject: path });
    }
    return { origin, file: { path, size: entry.size } };
  }

  private async readMore(
    { place, file }: OpenPreview,
    connected: Connected,
    signal: AbortSignal,
  ): Promise<void> {
    const more = (read: ReadRange) => file.more(read, bytesPerRequest, signal);
    if (place.origin === "server") {
      const { file: found } = place;
      return this.sources.use(connected, (source) =>
        more((start, count) => source.readRange(found, start, count, signal)),
      );
    }
    const lake = await openLake(connected);
    await more((start, count) => lake.readRange(place.file.path, start, count, { signal }));
  }

  private get(token: string): OpenPreview {
    const preview = this.open.get(token);
    if (!preview) {
      throw new CleverLakeError("notFound", "This preview was closed to make room for others.", {
        hint: "Open it again.",
      });
    }
    this.open.delete(token);
    this.open.set(token, preview);
    return preview;
  }

  /** A preview must not be used with another connection's lake. */
  private getFor(params: Connected & { readonly token: string }): OpenPreview {
    const preview = this.get(params.token);
    if (preview.origin !== originOf(params)) {
      throw new CleverLakeError("notFound", "This preview was opened with another connection.", {
        hint: "Open it again.",
      });
    }
    return preview;
  }

  private makeRoom(keep: string): void {
    const rows = () => [...this.open.values()].reduce((sum, { file }) => sum + file.rows.length, 0);
    for (const token of [...this.open.keys()]) {
      if (rows() <= rowsInMemory && this.open.size <= previewsInMemory) return;
      if (token !== keep) this.open.delete(token);
    }
  }
}

/** A container's user may have no name; the user id is used instead. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}

/** The server with its account and folder, and the lake, as one text. */
function originOf({ connection }: Connected): string {
  const { sftp, lake } = checkedSettings(connection);
  return JSON.stringify([sftp.host, sftp.port, sftp.username, sftp.root, lake.url]);
}

function infoOf({ file }: OpenPreview): PreviewInfo {
  const { header, rows, size, bytesRead, truncated, full, problem } = file;
  return {
    columns: header ? previewColumns(header, rows) : [],
    rowCount: rows.length,
    refused: [...rows.keys()].filter((index) => rows[index]?.problem !== undefined),
    totalBytes: size,
    readBytes: bytesRead,
    truncated,
    full,
    problem: problem ?? null,
  };
}
