import type { DataLakeFileSystemClient } from "@azure/storage-file-datalake";
import { leftoverAgeMilliseconds } from "../../scratch";
import type { LakeEntry, LakeOptions } from "../lake";
import { deleteQuietly, signalOf } from "./temporaryFile";

/** The files in a folder of temporary files, by their names in the file system. */
export async function* listTemporaries(
  client: DataLakeFileSystemClient,
  folder: string,
  options: LakeOptions,
): AsyncGenerator<LakeEntry & { readonly isLeftOver: boolean }> {
  const pages = client.listPaths({ path: folder, ...signalOf(options) }).byPage({ maxPageSize: 5000 });
  for await (const { date, pathItems } of pages) {
    // Uses the service's clock, which also dates the files: this machine's clock may be wrong.
    const newest = (date ?? new Date(0)).getTime() - leftoverAgeMilliseconds;
    for (const { name, isDirectory, contentLength, lastModified } of pathItems ?? []) {
      if (name === undefined || isDirectory) continue;
      const modified = new Date(lastModified ?? Number.NaN);
      const isLeftOver = modified.getTime() < newest;
      yield { path: name, kind: "file", size: Number(contentLength ?? 0), modified, isLeftOver };
    }
  }
}

/** Removes files that killed processes left in a folder of temporary files. Never rejects. */
export async function sweepTemporaries(
  client: DataLakeFileSystemClient,
  folder: string,
  options: LakeOptions,
): Promise<void> {
  try {
    for await (const { path, isLeftOver } of listTemporaries(client, folder, options)) {
      if (isLeftOver) await deleteQuietly(client.getFileClient(path));
    }
  } catch {
    // Usually the folder does not exist; a later run removes what cannot be removed now.
  }
}
