import path from "node:path";
import { type Attributes, type FileEntry, type SFTPWrapper, utils } from "ssh2";
import type { Quirks } from "./quirks";
import type { Node, Tree } from "./tree";

const { STATUS_CODE } = utils.sftp;
const entriesPerBatch = 100;
const modeBits = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

type Handle =
  | { readonly kind: "file"; readonly content: Buffer; readonly where: string }
  | { readonly kind: "folder"; readonly where: string; readonly names: readonly string[]; next: number };

/** The server's shared state. */
export interface OddState {
  readonly tree: Tree;
  readonly quirks: Quirks;
  /** Seconds since 1970; when every file was written. */
  modified: number;
  /** Requests by name, over all sessions. */
  readonly requests: Map<string, number>;
  /** The maximum number of concurrent reads in one session. */
  maxReads: number;
  /** Files that are open now, over all sessions. */
  openFiles: number;
}

/** One SFTP session of an unusual server. */
export class OddSession {
  private readonly handles = new Map<string, Handle>();
  private nextHandle = 0;
  private reads = 0;
  private invented = 0;
  private closed = false;

  constructor(
    private readonly sftp: SFTPWrapper,
    private readonly state: OddState,
    private readonly drop: () => void,
  ) {
    const count = (name: string) => state.requests.set(name, (state.requests.get(name) ?? 0) + 1);
    const { quirks, tree } = state;
    const attributes = (id: number, name: string, follow: boolean) => {
      const found = tree.find(name, follow);
      if (found) sftp.attrs(id, this.attributesOf(found.node, quirks.kinds));
      else sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    };
    sftp.on("close", () => {
      this.closed = true;
      for (const handle of [...this.handles.keys()]) this.close(handle);
    });
    sftp.on("OPENDIR", (id, name) => {
      count("OPENDIR");
      if (quirks.insteadOfListings === "chatter") this.chatter();
      if (quirks.insteadOfListings !== undefined) return;
      const found = tree.find(name, true);
      if (found?.node.kind !== "folder") return sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      const { names, refusedWith } = found.node;
      if (refusedWith !== undefined) return sftp.status(id, refusedWith);
      sftp.handle(id, this.add({ kind: "folder", where: found.where, names: [...names], next: 0 }));
    });
    sftp.on("READDIR", (id, handle) => {
      count("READDIR");
      this.readFolder(id, handle);
    });
    sftp.on("OPEN", (id, name) => {
      count("OPEN");
      const found = tree.find(name, true);
      if (found?.node.kind !== "file") return sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      const { openFiles = Number.POSITIVE_INFINITY, lockedFile } = quirks;
      if (state.openFiles >= openFiles || name === lockedFile) return sftp.status(id, STATUS_CODE.FAILURE);
      state.openFiles++;
      sftp.handle(id, this.add({ kind: "file", content: found.node.content, where: found.where }));
    });
    sftp.on("READ", (id, handle, offset, length) => this.read(id, handle, offset, length));
    sftp.on("FSTAT", (id, handle) => {
      count("FSTAT");
      const opened = this.handles.get(handle.toString());
      if (opened?.kind !== "file" || quirks.fstat === "fails") return sftp.status(id, STATUS_CODE.FAILURE);
      const attrs = this.attributesOf({ kind: "file", content: opened.content });
      if (quirks.fstat === "zero") Object.assign(attrs, { size: 0, mtime: 0, atime: 0 });
      if (quirks.fstat === "withoutTime") Object.assign(attrs, { mtime: undefined, atime: undefined });
      sftp.attrs(id, attrs);
    });
    sftp.on("STAT", (id, name) => {
      count("STAT");
      if (quirks.stat === "fails") sftp.status(id, STATUS_CODE.OP_UNSUPPORTED);
      else attributes(id, name, true);
    });
    sftp.on("LSTAT", (id, name) => {
      count("LSTAT");
      attributes(id, name, false);
    });
    sftp.on("REALPATH", (id, name) => {
      count("REALPATH");
      const found = quirks.textualRealPath ? undefined : tree.find(name, true);
      if (!found && !quirks.textualRealPath) return sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      this.sendName(id, found?.where ?? path.posix.resolve("/", name));
    });
    sftp.on("READLINK", (id, name) => {
      count("READLINK");
      const node = tree.find(name, false)?.node;
      if (node?.kind === "link") this.sendName(id, node.target);
      else sftp.status(id, STATUS_CODE.FAILURE);
    });
    sftp.on("CLOSE", (id, handle) => {
      this.close(handle.toString());
      sftp.status(id, STATUS_CODE.OK);
    });
  }

  private close(handle: string): void {
    if (this.handles.get(handle)?.kind === "file") this.state.openFiles--;
    this.handles.delete(handle);
  }

  private chatter(): void {
    if (this.closed) return;
    for (let i = 0; i < 10; i++) this.sftp.data(0xffff_0000, Buffer.alloc(30_000));
    setTimeout(() => this.chatter(), 1);
  }

  private sendName(id: number, filename: string): void {
    this.sftp.name(id, [{ filename, longname: filename, attrs: {} as Attributes }]);
  }

  private add(handle: Handle): Buffer {
    const name = `h${this.nextHandle++}`;
    this.handles.set(name, handle);
    return Buffer.from(name);
  }

  private readFolder(id: number, handle: Buffer): void {
    const opened = this.handles.get(handle.toString());
    if (opened?.kind !== "folder") return void this.sftp.status(id, STATUS_CODE.FAILURE);
    const { endless, endlessFolder = opened.where } = this.state.quirks;
    const isEndless = endless !== undefined && endlessFolder === opened.where;
    if (isEndless && endless === "same") opened.next = 0;
    const names = opened.names.slice(opened.next, opened.next + entriesPerBatch);
    opened.next += names.length;
    const entries = names.flatMap((name): FileEntry[] => {
      const found = this.state.tree.find(path.posix.join(opened.where, name), false);
      return found ? [this.entryOf(name, found.node)] : [];
    });
    if (isEndless && endless === "new")
      for (let i = 0; i < entriesPerBatch; i++)
        entries.push(this.entryOf(`${this.invented++}.csv`, { kind: "file", content: Buffer.from("x") }));
    if (entries.length === 0 && !isEndless) this.sftp.status(id, STATUS_CODE.EOF);
    else this.sftp.name(id, entries);
  }

  private entryOf(filename: string, node: Node): FileEntry {
    const { quirks } = this.state;
    const attrs = this.attributesOf(node, quirks.kindsInListings ?? quirks.kinds);
    attrs.mtime += quirks.listingTimeOffset ?? 0;
    if (quirks.listingTimeToTheMinute) attrs.mtime -= attrs.mtime % 60;
    if (quirks.noSizeInListings) Reflect.deleteProperty(attrs, "size");
    return { filename, longname: longName(filename, node, quirks.longNames), attrs };
  }

  private attributesOf(node: Node, kinds?: Quirks["kinds"]): Attributes {
    const size = node.kind === "file" ? node.content.length : 4096;
    const { modified } = this.state;
    const attrs = {
      mode: modeBits[node.kind] | 0o644,
      uid: 0,
      gid: 0,
      size,
      atime: modified,
      mtime: modified,
    };
    if (kinds === "noTypeBits") attrs.mode = 0o644;
    if (kinds === "noMode") Reflect.deleteProperty(attrs, "mode");
    return attrs;
  }

  private read(id: number, handle: Buffer, offset: number, length: number): void {
    const { quirks } = this.state;
    this.reads++;
    this.state.maxReads = Math.max(this.state.maxReads, this.reads);
    const tooMany = this.reads > (quirks.concurrentReads ?? Number.POSITIVE_INFINITY);
    if (tooMany && quirks.tooManyReads === "drop") {
      this.drop();
      return;
    }
    // Answered later, so that requests that arrived together count as concurrent.
    setImmediate(() => {
      this.reads--;
      const opened = this.handles.get(handle.toString());
      if (tooMany || opened?.kind !== "file" || offset >= (quirks.failsBeyond ?? Number.POSITIVE_INFINITY))
        return this.sftp.status(id, STATUS_CODE.FAILURE);
      const end = offset + Math.min(length, quirks.bytesPerRead ?? length);
      const bytes = opened.content.subarray(offset, end);
      if (bytes.length === 0) this.sftp.status(id, STATUS_CODE.EOF);
      else this.sftp.data(id, bytes);
    });
  }
}

function longName(name: string, node: Node, style: Quirks["longNames"]): string {
  const size = node.kind === "file" ? node.content.length : 0;
  if (style === "name") return name;
  if (style === "mvs") return `VOL001 3390   2025/05/01  1   15  FB      80  6160  PS  ${name}`;
  if (style === "windows") {
    const what = node.kind === "folder" ? "<DIR>         " : String(size).padStart(14);
    return `05-01-25  10:00AM       ${what} ${name}`;
  }
  const letter = { file: "-", folder: "d", link: "l" }[node.kind];
  const target = node.kind === "link" ? ` -> ${node.target}` : "";
  return `${letter}rw-r--r--    1 0        0        ${size} May  1 10:00 ${name}${target}`;
}
