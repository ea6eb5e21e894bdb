import type { Hash } from "node:crypto";
import { open } from "node:fs/promises";
import { type Header, headerBytes, isProblem, type Problem, readHeader } from "../../../clever/header";
import type { Report, UserType } from "../../../clever/reports";
import { type ScannedBytes, scanBytes } from "./scanBytes";

/** A landed file before its rows are read. */
export interface OpenedCsv extends ScannedBytes {
  /** The local path of the bytes. */
  readonly localPath: string;
  readonly header: Header;
}

/** Headers by their line, because nearly all files of a report have the same one. */
export type KnownHeaders = Map<string, Header>;

const pieceBytes = 1 << 20;
/** One per file that is open at the same time: with new buffers, the garbage collector is busy. */
const idleBuffers: Buffer[] = [];

/**
 * Reads a landed file's header and scans its bytes, in one pass.
 *
 * @param options.hash gets all bytes, whatever they are
 */
export async function openCsv(
  localPath: string,
  report: Report,
  userType: UserType | undefined,
  {
    known,
    hash,
    signal,
  }: {
    readonly known?: KnownHeaders | undefined;
    readonly hash?: Hash | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<OpenedCsv | Problem> {
  await using file = await open(localPath);
  const piece = idleBuffers.pop() ?? Buffer.allocUnsafe(pieceBytes);
  try {
    const readPiece = async () => {
      let length = 0;
      for (let read = -1; read !== 0 && length < piece.length; length += read) {
        ({ bytesRead: read } = await file.read(piece, length, piece.length - length, null));
      }
      return piece.subarray(0, length);
    };
    let next = await readPiece();
    const header = headerOf(next, report, userType, known);
    const pieces = async function* () {
      for (; next.length > 0; next = await readPiece()) {
        hash?.update(next);
        yield next;
      }
    };
    if (isProblem(header)) {
      if (hash) for await (const _ of pieces()) signal?.throwIfAborted();
      return header;
    }
    return { localPath, header, ...(await scanBytes(pieces(), header.delimiter, signal)) };
  } finally {
    idleBuffers.push(piece);
  }
}

function headerOf(
  piece: Buffer,
  report: Report,
  userType: UserType | undefined,
  known: KnownHeaders | undefined,
): Header | Problem {
  const line = piece.subarray(0, piece.indexOf(0x0a) + 1);
  // A quoted name may contain a line break.
  const key = line.length > 0 && !line.includes('"') ? `${userType} ${line.toString("latin1")}` : undefined;
  const cached = key === undefined ? undefined : known?.get(key);
  if (cached) return cached;
  const header = readHeader(piece.subarray(0, headerBytes), report, userType);
  if (key !== undefined && !isProblem(header)) known?.set(key, header);
  return header;
}
