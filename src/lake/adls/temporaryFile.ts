import type { DataLakeFileClient } from "@azure/storage-file-datalake";
import type { LakeOptions } from "../lake";
import { isRefusedByCondition } from "./adlsErrors";
import { maybeDone } from "./requests";

/** The mark by which a write knows its own file again when the answer to its rename was lost. */
export const writeMark = "cleverlakewrite";
const cleanUpMilliseconds = 10_000;

/**
 * Makes a temporary file, whose name nobody else has. Only where nothing is: a first attempt that broke off can be
 * carried out when the file has been written already, and would empty it just before it is put in place.
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
    // Made by an attempt whose answer was lost.
    if (!(maybeDone(error) && isRefusedByCondition(error))) throw error;
  }
}

/** Takes away what is left of a write. Never rejects. */
export async function deleteQuietly(file: DataLakeFileClient): Promise<void> {
  try {
    // Not with the caller's signal: what was called off is to be cleaned up too.
    await file.delete(false, { abortSignal: AbortSignal.timeout(cleanUpMilliseconds) });
  } catch {
    // It is swept when it is a day old.
  }
}

/** A caller's signal as the SDK takes it. */
export function signalOf({ signal }: LakeOptions): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}
