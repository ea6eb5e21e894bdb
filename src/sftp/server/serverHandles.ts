import type { Stats } from "node:fs";
import { type FileHandle, lstat, open, readdir, realpath, stat } from "node:fs/promises";
import nodePath from "node:path";
import type { Attributes, FileEntry } from "ssh2";

const namesPerBatch = 100;

type Handle =
  | { readonly kind: "file"; readonly file: FileHandle }
  | { readonly kind: "folder"; readonly path: string; readonly names: string[] };

/** The open files and folders of one SFTP session below `folder`, which no path or link can leave. */
export class ServerHandles implements AsyncDisposable {
  private readonly handles = new Map<number, Handle>();
  private nextNumber = 0;
  private isDisposed = false;

  /** `folder`: absolute and resolved. */
  constructor(private readonly folder: string) {}

  /** A client's path as an absolute one on the server, where `/` is the folder. */
  virtualPath(path: string): string {
    return nodePath.posix.resolve("/", path);
  }

  /** The attributes at a path; for a link, its own unless `follow` is set. */
  async attributes(path: string, follow: boolean): Promise<Attributes> {
    return follow
      ? toAttributes(await stat(await this.real(path)))
      : toAttributes(await lstat(await this.realParent(path)));
  }

  async openFile(path: string): Promise<Buffer> {
    const file = await open(await this.real(path), "r");
    if (!this.isDisposed) return this.add({ kind: "file", file });
    // The session has ended in the meantime.
    await file.close();
    throw noSuchFile();
  }

  async openFolder(path: string): Promise<Buffer> {
    const real = await this.real(path);
    return this.add({ kind: "folder", path: real, names: await readdir(real) });
  }

  /** Up to `length` bytes from `position`; none at the end of the file. */
  async read(handle: Buffer, position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(Math.min(length, 256 * 1024));
    const { bytesRead } = await this.file(handle).read(bytes, 0, bytes.length, position);
    return bytes.subarray(0, bytesRead);
  }

  async fileAttributes(handle: Buffer): Promise<Attributes> {
    return toAttributes(await this.file(handle).stat());
  }

  /** The next entries of a folder; none at its end. */
  async nextEntries(handle: Buffer): Promise<FileEntry[]> {
    const opened = this.get(handle);
    if (opened.kind !== "folder") throw noSuchFile();
    const entries: FileEntry[] = [];
    // An empty answer would mean the end of the folder, but all files of a batch may have disappeared.
    while (entries.length === 0 && opened.names.length > 0) {
      const batch = opened.names.splice(0, namesPerBatch).map(async (filename) => {
        const stats = await lstat(nodePath.join(opened.path, filename)).catch(() => undefined);
        return stats === undefined ? [] : [{ filename, longname: filename, attrs: toAttributes(stats) }];
      });
      entries.push(...(await Promise.all(batch)).flat());
    }
    return entries;
  }

  async close(handle: Buffer): Promise<void> {
    const opened = this.get(handle);
    this.handles.delete(handle.readUInt32BE(0));
    if (opened.kind === "file") await opened.file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    const files = [...this.handles.values()].flatMap((opened) =>
      opened.kind === "file" ? [opened.file] : [],
    );
    this.handles.clear();
    await Promise.allSettled(files.map((file) => file.close()));
  }

  private async real(path: string): Promise<string> {
    return this.inside(await realpath(this.localPath(path)));
  }

  /** The path with the links of its parent resolved, but not its own. */
  private async realParent(path: string): Promise<string> {
    const local = this.localPath(path);
    if (local === this.folder) return local;
    return this.inside(nodePath.join(await realpath(nodePath.dirname(local)), nodePath.basename(local)));
  }

  private localPath(path: string): string {
    return nodePath.join(this.folder, ...this.virtualPath(path).split("/"));
  }

  private inside(real: string): string {
    if (real !== this.folder && !real.startsWith(this.folder + nodePath.sep)) throw noSuchFile();
    return real;
  }

  private add(handle: Handle): Buffer {
    const number = this.nextNumber++;
    this.handles.set(number, handle);
    const id = Buffer.alloc(4);
    id.writeUInt32BE(number);
    return id;
  }

  private get(handle: Buffer): Handle {
    const opened = handle.length === 4 ? this.handles.get(handle.readUInt32BE(0)) : undefined;
    if (opened === undefined) throw noSuchFile();
    return opened;
  }

  private file(handle: Buffer): FileHandle {
    const opened = this.get(handle);
    if (opened.kind !== "file") throw noSuchFile();
    return opened.file;
  }
}

function toAttributes({ mode, uid, gid, size, atimeMs, mtimeMs }: Stats): Attributes {
  return { mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) };
}

function noSuchFile(): Error {
  return Object.assign(new Error("no such file"), { code: "ENOENT" });
}
