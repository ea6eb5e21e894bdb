import type * as z from "zod";
import { CleverLakeError, isCleverLakeError } from "../basics/errors";
import type { Lake, LakeOptions } from "./lake";

const mebibyte = 1024 * 1024;

export interface ReadSmallOptions extends LakeOptions {
  /** The size limit for valid files of this kind; default 1 MiB. */
  readonly maxBytes?: number;
}

/**
 * Reads a small text file. Rejects with `corrupt`, and stops reading, if it is larger than files of its kind can be.
 */
export async function readSmall(
  lake: Lake,
  path: string,
  { maxBytes = mebibyte, ...options }: ReadSmallOptions = {},
): Promise<string> {
  const bytes = await lake.readRange(path, 0, maxBytes + 1, options);
  if (bytes.length <= maxBytes) return bytes.toString("utf8");
  throw new CleverLakeError("corrupt", `The file is larger than the allowed ${maxBytes / mebibyte} MiB.`, {
    subject: path,
    hint: "Restore this file from a backup of the lake.",
  });
}

/** A small JSON document; undefined if there is none, `unreadable` if it is not what the schema says. */
export async function readDocument<T>(
  lake: Lake,
  path: string,
  schema: z.ZodType<T>,
  options: ReadSmallOptions = {},
): Promise<T | "unreadable" | undefined> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readSmall(lake, path, options)));
    return parsed.success ? parsed.data : "unreadable";
  } catch (error) {
    if (isCleverLakeError(error, "notFound")) return undefined;
    if (error instanceof SyntaxError || isCleverLakeError(error, "corrupt")) return "unreadable";
    throw error;
  }
}
