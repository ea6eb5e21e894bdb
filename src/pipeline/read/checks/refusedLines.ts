import type { Readable } from "node:stream";
import { isCleverLakeError } from "../../../basics/errors";
import { mapConcurrently } from "../../../basics/mapConcurrently";
import { refusedRowsPath } from "../../../clever/layout";
import type { LakeAccess } from "../../../delta/openLake";
import type { Delivery } from "../../delivery";
import { mayUndercountRows } from "../../write/sourceRows";
import { concurrentFiles } from "../landedFiles";

/** Enough for the line number. */
const startLength = 100;

/** Adds the lines that were refused then to deliveries whose rows have already entered the tables. */
export function withRefusedLines(access: LakeAccess, deliveries: readonly Delivery[]): Promise<Delivery[]> {
  return mapConcurrently(deliveries, concurrentFiles, async (delivery) => {
    const { readAs } = delivery;
    if (readAs === undefined || readAs.rowsRefused === 0 || mayUndercountRows(readAs)) return delivery;
    const { rowsRefused, landedPath } = readAs;
    const lines = await linesIn(access, refusedRowsPath(landedPath));
    // Without an entry of its rows, the file of refused rows alone shows them; there is none if all were good.
    const isWhole = lines !== undefined && lines.size === (rowsRefused ?? lines.size);
    return isWhole ? { ...delivery, refusedLines: lines } : delivery;
  });
}

/** The lines in a file of refused rows (see `splitBadRows`); undefined if it is not one. */
async function linesIn(access: LakeAccess, path: string): Promise<ReadonlySet<number> | undefined> {
  const lines = new Set<number>();
  let last = 0;
  try {
    for await (const text of lineStarts(access.lake.readStream(path, access))) {
      const [, digits] = /^# line (\d+)(?:,|:) /.exec(text) ?? [];
      if (digits === undefined) continue;
      const line = Number(digits);
      if (line <= last) return undefined;
      lines.add(line);
      last = line;
    }
  } catch (error) {
    if (!isCleverLakeError(error, "notFound")) throw error;
  }
  return lines;
}

/** The beginnings of a stream's lines. Rejects if the stream fails; `readline` would end early instead. */
async function* lineStarts(stream: Readable): AsyncGenerator<string> {
  let start = "";
  for await (const chunk of stream) {
    const parts = (chunk as Buffer).toString("latin1").split("\n");
    parts[0] = start + (parts[0] ?? "");
    start = (parts.pop() ?? "").slice(0, startLength);
    yield* parts;
  }
}
