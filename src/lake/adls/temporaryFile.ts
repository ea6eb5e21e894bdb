import type { DataLakeFileClient } from "@azure/storage-file-datalake";
import type { LakeOptions } from "../lake";
import { isRefusedByCondition } from "./adlsErrors";
import { maybeDone } from "./requests";

/** The metadata by which a write recognizes its own file if the response to its rename was lost. */
export const writeMark = "cleverlakewrite";
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
    // Created by an attempt whose answer was lost.
    if (!(maybeDone(error) && isRefusedByCondition(error))) throw error;
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
