import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { CleverLakeError } from "../../basics/errors";
import { recognizeReport } from "../../clever/fileNames";
import { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { requireLake } from "../../lake/requireLake";
import { RunLock } from "../lock/runLock";
import type { LogEntry } from "../log/ingestLog";
import { IngestLog } from "../log/logTable";
import { newRunId } from "../log/runRecord";
import { readPseudoTables, stateOf } from "../write/tables";
import { isQuarantined } from "./quarantine";
import { sourceNamer } from "./sourceNames";
import { acceptsFile } from "./work";

export interface DismissRequest {
  readonly lake: Lake;
  /** Quarantined files: paths on the server or in the lake. */
  readonly files: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Records in the ingest log that a person has dismissed quarantined deliveries. They are no longer shown as waiting.
 * Their rows do not enter the tables; earlier rows of the source stay. A new delivery of the same source is read as
 * usual, and a dismissed one can still be accepted. Resolves to the paths on the server.
 *
 * Rejects with `notFound` if there is no lake, with `config` if a file is not in quarantine, and with `busy` while a run
 * is active; nothing is written then.
 */
export async function dismissQuarantined({ lake, files, signal }: DismissRequest): Promise<string[]> {
  await requireLake(lake, { signal });
  const now = new Date();
  await using lock = await RunLock.acquire(lake, newRunId(now), { signal });
  await using duck = await Duck.open();
  const log = new IngestLog(lake, duck);
  const [before, tables] = await allSettledOrThrow([
    log.sources(signal),
    readPseudoTables({ lake, duck, signal }),
  ]);
  const state = stateOf(tables, before);
  const nameOfSource = sourceNamer(state);
  const waiting = [...state.log.values()].filter((entry) => isQuarantined(entry, state.applied));
  const found = files.map((file) => {
    // A file that was moved on the server since then is still a delivery of its source.
    const report = recognizeReport(file);
    const source = report && nameOfSource(report);
    const entry =
      waiting.find((each) => acceptsFile(new Set([file]), each)) ??
      waiting.find((each) => each.source === source);
    if (entry) return entry;
    throw new CleverLakeError("config", "The file is not in quarantine; nothing was dismissed.", {
      subject: file,
      hint: "`clever-lake status` lists the files that are.",
    });
  });
  const entries = new Map(
    found.map((entry): [string, LogEntry] => [entry.source, { ...entry, outcome: "dismissed", time: now }]),
  );
  await lock.requireHeld();
  await log.append([...entries.values()], signal);
  return [...entries.values()].map(({ path }) => path);
}
