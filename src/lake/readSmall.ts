import { CleverLakeError } from "../errors";
import type { Lake, LakeOptions } from "./lake";

const mebibyte = 1024 * 1024;

export interface ReadSmallOptions extends LakeOptions {
  /** Bytes that no sound file of this kind has; 1 MiB if left out. */
  readonly most?: number;
}

/** A small text file. Rejects with `corrupt`, and reads no further, where it is larger than files of its kind are. */
export async function readSmall(
  lake: Lake,
  path: string,
  { most = mebibyte, ...options }: ReadSmallOptions = {},
): Promise<string> {
  const bytes = await lake.readRange(path, 0, most + 1, options);
  if (bytes.length <= most) return bytes.toString("utf8");
  throw new CleverLakeError(
    "corrupt",
    `The file is larger than the ${most / mebibyte} MiB that it may have.`,
    { subject: path, hint: "Put this file back from a copy of the lake." },
  );
}
