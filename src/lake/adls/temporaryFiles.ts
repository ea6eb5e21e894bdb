import type { DataLakeFileClient, DataLakeFileSystemClient } from "@azure/storage-file-datalake";
import { leftoverAgeMilliseconds } from "../../basics/scratch";
import type { LakeEntry, LakeOptions } from "../lake";
import { isRefusedByCondition } from "./adlsErrors";
import { mayHaveSucceeded } from "./requests";

/** The metadata by which a write recognizes its own file if the response to its rename was lost. */
export const writeMark = "cleverlakewrite";

/** What identifies a file after a rename. */
export interface Identity {
  readonly mark: string | undefined;
  readonly etag: string | undefined;
}

const cleanUpMilliseconds = 10_000;

/**
 * Creates a temporary file, whose name is unique, only if nothing is there. An interrupted create request can still
 * be executed after the file has been written, and would then empty it just before it is put in place.
 */
export async function createOnce(
  temporary: DataLakeFileClient,
  id: string,
  options: LakeOptions,
): Promise<void> {
  try {
    await temporary.create({
      metadata: { [writeMark]: id },
      conditions: { ifNoneMatch: "*" },
      ...signalOf(options),
    });
  } catch (error) {
    // Created by an attempt whose response was lost.
    if (!(mayHaveSucceeded(error) && isRefusedByCondition(error))) throw error;
  }
}

/** Deletes the temporary file of a write. Never rejects. */
export async function deleteQuietly(file: DataLakeFileClient): Promise<void> {
  try {
    // Without the caller's signal: aborted writes must be cleaned up too.
    await file.delete(false, { abortSignal: AbortSignal.timeout(cleanUpMilliseconds) });
  } catch {
    // A later sweep removes it when it is a day old.
  }
}

/** A caller's signal in the SDK's format. */
export function signalOf({ signal }: LakeOptions): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}

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
