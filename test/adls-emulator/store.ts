import { DirectoryEntry, type FileEntry, type PathEntry } from "./entries";
import { StorageError } from "./errors";
import { Lease } from "./lease";

/** A path with its entry. */
export interface Found {
  readonly path: string;
  readonly entry: PathEntry;
}

/** Compares names by their UTF-16 units, whatever the machine's language. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One file system: a tree of directories. Paths have `/` between names and none at either end; "" is the root. */
export class FileSystem {
  readonly name: string;
  readonly root: DirectoryEntry;
  readonly lease = new Lease();
  metadata: ReadonlyMap<string, string> = new Map();

  constructor(name: string, now: number) {
    this.name = name;
    this.root = new DirectoryEntry(now);
  }

  find(path: string): PathEntry | undefined {
    let entry: PathEntry = this.root;
    for (const name of split(path)) {
      if (entry.kind !== "directory") return undefined;
      const child: PathEntry | undefined = entry.children.get(name);
      if (child === undefined) return undefined;
      entry = child;
    }
    return entry;
  }

  get(path: string): PathEntry {
    const entry = this.find(path);
    if (entry === undefined) throw new StorageError("PathNotFound");
    return entry;
  }

  getFile(path: string): FileEntry {
    const entry = this.get(path);
    if (entry.kind !== "file") throw new StorageError("PathConflict");
    return entry;
  }

  /** Stores an entry, replacing an existing one. Missing parents are created, unless the caller requires them to exist. */
  put(path: string, entry: PathEntry, now: number, parents: "make" | "mustExist" = "make"): void {
    const names = split(path);
    const last = names.pop();
    if (last === undefined) throw new StorageError("PathConflict");
    let directory = this.root;
    for (const name of names) {
      let next = directory.children.get(name);
      if (next === undefined) {
        if (parents === "mustExist") throw new StorageError("RenameDestinationParentPathNotFound");
        next = new DirectoryEntry(now);
        directory.children.set(name, next);
        directory.touch(now);
      }
      if (next.kind === "file") throw new StorageError("PathConflict");
      directory = next;
    }
    directory.children.set(last, entry);
  }

  /** Creates a directory with its missing parents. */
  makeFolder(path: string, now: number): void {
    if (this.find(path) === undefined) this.put(path, new DirectoryEntry(now), now);
  }

  remove(path: string): void {
    const names = split(path);
    const last = names.pop();
    const parent = this.find(names.join("/"));
    if (last === undefined || parent?.kind !== "directory") throw new StorageError("PathNotFound");
    parent.children.delete(last);
  }

  /**
   * The contents of a directory, ordered by name at each level, a directory before its contents.
   * @param after starts after this path (where the previous walk ended), which may no longer exist
   */
  *walk(
    directory: { readonly path: string; readonly entry: DirectoryEntry },
    options: { readonly recursive: boolean; readonly after?: string | undefined },
  ): Generator<Found> {
    const prefix = directory.path === "" ? "" : `${directory.path}/`;
    const after = options.after?.startsWith(prefix) ? split(options.after.slice(prefix.length)) : undefined;
    yield* walkNames(prefix, directory.entry, options.recursive, after);
  }
}

function* walkNames(
  prefix: string,
  directory: DirectoryEntry,
  recursive: boolean,
  after: readonly string[] | undefined,
): Generator<Found> {
  const [first, ...rest] = after ?? [];
  for (const name of [...directory.children.keys()].sort(byName)) {
    if (first !== undefined && byName(name, first) < 0) continue;
    const entry = directory.children.get(name);
    if (entry === undefined) continue;
    const seen = name === first;
    if (!seen) yield { path: prefix + name, entry };
    if (recursive && entry.kind === "directory") {
      yield* walkNames(`${prefix}${name}/`, entry, recursive, seen && rest.length > 0 ? rest : undefined);
    }
  }
}

function split(path: string): string[] {
  return path === "" ? [] : path.split("/");
}

/** All of one storage account. Everything here is synchronous, so that each request takes effect as a whole. */
export class Account {
  readonly fileSystems = new Map<string, FileSystem>();

  get(name: string): FileSystem {
    const fileSystem = this.fileSystems.get(name);
    if (fileSystem === undefined) throw new StorageError("FilesystemNotFound");
    return fileSystem;
  }

  create(name: string, now: number): FileSystem {
    if (!/^[$a-z0-9](?!.*--)[-a-z0-9]{1,61}[a-z0-9]$/.test(name))
      throw new StorageError("InvalidResourceName");
    if (this.fileSystems.has(name)) throw new StorageError("FilesystemAlreadyExists");
    const fileSystem = new FileSystem(name, now);
    this.fileSystems.set(name, fileSystem);
    return fileSystem;
  }

  sorted(): FileSystem[] {
    return [...this.fileSystems.values()].sort((a, b) => byName(a.name, b.name));
  }
}
