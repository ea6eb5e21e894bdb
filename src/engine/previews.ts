import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { CleverLakeError, isCleverLakeError } from "../errors";
import { type Reveal, recordReveal } from "../pipeline/log/reveals";
import type { SourceFile } from "../sftp/source";
import { checkedSettings, openLake, type Sources } from "./connections";
import { Lane } from "./lane";
import type { Connected, PreviewInfo, PreviewPage, PreviewParams } from "./messages";
import { PreviewFile } from "./previewFile";
import { maskRows, previewColumns } from "./previewMask";

const defaultBytes = 2 * 1024 * 1024;
const bytesAtLeast = 4 * 1024;
const bytesAtMost = 16 * 1024 * 1024;
const rowsPerPage = 1_000;
/** For all previews together; the least recently used ones are closed to make room. */
const rowsInMemory = 250_000;
const previewsInMemory = 20;

/** The location of a preview's file. Credentials come with each request. */
type Place =
  | { readonly origin: "server"; readonly file: SourceFile }
  | { readonly origin: "lake"; readonly file: Pick<SourceFile, "path" | "size"> };

interface Preview {
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
  private readonly open = new Map<string, Preview>();
  private readonly lane = new Lane();

  constructor(private readonly sources: Sources) {}

  async openReport(params: PreviewParams, signal: AbortSignal): Promise<PreviewInfo> {
    return this.lane.run(signal, async () => {
      const token = randomUUID();
      const place = await this.find(params, signal);
      const file = new PreviewFile(params.path, place.file.size);
      const preview = { origin: originOf(params), place, file, revealed: false };
      await this.readMore(preview, params, signal);
      this.open.set(token, preview);
      this.makeRoom(token);
      return infoOf(token, preview);
    });
  }

  async more(
    params: Connected & { readonly token: string; readonly bytes?: number },
    signal: AbortSignal,
  ): Promise<PreviewInfo> {
    return this.lane.run(signal, async () => {
      const preview = this.usedWith(params);
      await this.readMore(preview, params, signal);
      this.makeRoom(params.token);
      return infoOf(params.token, preview);
    });
  }

  /** Records in the lake who reveals the identities, before any are shown. */
  async reveal(params: Connected & { readonly token: string }, signal: AbortSignal): Promise<Reveal> {
    const preview = this.usedWith(params);
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
        { subject: path, cause: error, ...(hint === undefined ? {} : { hint }) },
      );
    }
  }

  rows(params: {
    readonly token: string;
    readonly from: number;
    readonly count: number;
    readonly reveal: boolean;
  }): PreviewPage {
    const { file, revealed } = this.used(params.token);
    const { header, report } = file;
    const from = Math.max(0, params.from);
    const reveal = params.reveal && revealed;
    if (!header || !report) return { from, rows: [], identities: reveal ? [] : null };
    const page = file.rows.slice(from, from + Math.min(params.count, rowsPerPage));
    const { rows, identities } = maskRows(page, header);
    return { from, rows, identities: reveal ? identities : null };
  }

  refused(token: string): { indexes: number[] } {
    const { rows } = this.used(token).file;
    return { indexes: [...rows.keys()].filter((index) => rows[index]?.problem !== undefined) };
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
    { place, file }: Preview,
    connected: Connected & { readonly bytes?: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { bytes = defaultBytes } = connected;
    const length = Math.min(Math.max(bytes, bytesAtLeast), bytesAtMost);
    if (place.origin === "server") {
      await this.sources.use(connected, (source) =>
        file.more((start, end) => source.readRange(place.file, start, end, signal), length, signal),
      );
      return;
    }
    const lake = await openLake(connected);
    await file.more(
      (start, count) => lake.readRange(place.file.path, start, count, { signal }),
      length,
      signal,
    );
  }

  private used(token: string): Preview {
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
  private usedWith(params: Connected & { readonly token: string }): Preview {
    const preview = this.used(params.token);
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

function infoOf(token: string, { file }: Preview): PreviewInfo {
  const { header, report } = file;
  return {
    token,
    report: report?.name ?? null,
    userType: file.userType ?? null,
    size: file.size,
    bytesRead: file.bytesRead,
    truncated: file.truncated,
    full: file.full,
    columns: header ? previewColumns(header) : [],
    rows: file.rows.length,
    badRows: file.rows.filter(({ problem }) => problem !== undefined).length,
    problem: file.problem ?? null,
  };
}
