import { DirectoryEntry, FileEntry, type PathEntry } from "./entries";
import type { Account } from "./store";

/** Copies another account's file systems with their contents, except leases and unflushed bytes. */
export function copyAccount(from: Account, to: Account, now: number): void {
  for (const [name, { root, metadata }] of from.fileSystems) {
    const fileSystem = to.create(name, now);
    fileSystem.metadata = metadata;
    fill(root, fileSystem.root, now);
  }
}

function fill(from: DirectoryEntry, to: DirectoryEntry, now: number): void {
  for (const [name, entry] of from.children) to.children.set(name, copyOf(entry, now));
}

function copyOf(entry: PathEntry, now: number): PathEntry {
  if (entry.kind === "directory") {
    const copy = new DirectoryEntry(now);
    copyProperties(entry, copy);
    fill(entry, copy, now);
    return copy;
  }
  const copy = new FileEntry(now);
  copyProperties(entry, copy);
  // Flushed bytes are never changed in place, so both can share them.
  copy.content = entry.content;
  copy.contentMd5 = entry.contentMd5;
  copy.writtenAsBlob = entry.writtenAsBlob;
  return copy;
}

function copyProperties(from: PathEntry, to: PathEntry): void {
  const { metadata, owner, group, permissions, acl, modified, etag } = from;
  Object.assign(to, { metadata, owner, group, permissions, acl, modified, etag });
  for (const [name, value] of from.headers) to.headers.set(name, value);
}
