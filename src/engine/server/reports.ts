import { randomUUID } from "node:crypto";
import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { recognizeReport } from "../../clever/fileNames";
import { writeCheckFolders, writeCheckPath } from "../../clever/layout";
import type { Lake } from "../../lake/lake";
import { temporaryFolder } from "../../lake/lakePath";
import { needsAdoption } from "../../pipeline/adopt/oeaTables";
import { RunHistory } from "../../pipeline/log/runRecord";
import { type FileFailure, failedFiles, isUnresolved } from "../../pipeline/plan/failedFiles";
import { hasTime, type PlannedFile } from "../../pipeline/plan/plan";
import { isAcceptable, isRejected } from "../../pipeline/plan/quarantine";
import { status } from "../../pipeline/plan/status";
import { checkSalt } from "../../pipeline/salt/salt";
import { toJson } from "../messages/json";
import type { Connected, ConnectionTest, ReportItem, ReportsAnswer } from "../messages/messages";
import type * as calls from "../messages/protocol";
import { openLake, readSalt, type Sources } from "./connections";
import type { Answer } from "./handlers";

/**
 * Tests a connection: logs in and lists the server, writes a file to each stage of the lake and removes it, and
 * compares the salt with the lake's. Rejects if the server or the lake fails; a different salt is part of the answer.
 */
export async function testConnection(
  connected: Connected,
  sources: Sources,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const { files } = await sources.use(connected, (source) => source.list(signal));
  const reports = files.filter(({ path }) => recognizeReport(path)).length;
  return { reports, ...(await testLake(connected, signal)) };
}

/** The lake's part of `testConnection`. */
export const testLake: Answer<typeof calls.testLake> = async (connected, signal) => {
  const lake = await openLake(connected);
  await checkWritable(lake, signal);
  const salt = await readSalt(connected, signal);
  return {
    salt: salt === undefined ? "notGiven" : await checkSalt(lake, salt, signal),
    isOeas: await needsAdoption(lake, signal),
  };
};

async function checkWritable(lake: Lake, signal: AbortSignal): Promise<void> {
  for (const folder of writeCheckFolders()) {
    const path = writeCheckPath(folder, randomUUID());
    await lake.putIfAbsent(path, Buffer.from("This file may be deleted.\n"), { signal });
    await lake.delete(path);
    // OEA's enumeration of tables would fail at a leftover folder without a table.
    for (const made of [`${folder}/${temporaryFolder}`, folder]) await lake.deleteEmptyFolder(made);
  }
}

/** Few enough files per message not to block its receiver. */
const filesPerMessage = 500;

/** Sends the files on the server with their ingestion status, in batches. */
export async function listReports(
  connected: Connected,
  sources: Sources,
  signal: AbortSignal,
  onProgress: (files: readonly ReportItem[]) => void,
): Promise<ReportsAnswer> {
  const lake = await openLake(connected);
  const history = new RunHistory(lake, signal);
  const [{ files, isNew, overdue, needsAdoption, changedByOthers }, failures] = await allSettledOrThrow([
    sources.use(connected, (source, settings) => status(source, lake, settings, signal, history)),
    failedFiles(history),
  ]);
  for (let from = 0; from < files.length; from += filesPerMessage) {
    signal.throwIfAborted();
    const part = files.slice(from, from + filesPerMessage);
    onProgress(part.map((file) => asItem(file, failures.get(file.path))));
  }
  return { count: files.length, isNew, overdue, needsAdoption, changedByOthers };
}

function asItem({ entry, ...file }: PlannedFile, failure: FileFailure | undefined): ReportItem {
  const rejected = isRejected(entry) && file.state === entry?.outcome ? entry : undefined;
  return toJson({
    ...file,
    modified: hasTime(file) ? file.modified : undefined,
    line: rejected?.line,
    column: rejected?.column,
    failure: failure && isUnresolved({ ...file, entry }, failure) ? failure.reason : undefined,
    acceptable: rejected !== undefined && isAcceptable(rejected),
    landed: entry,
  });
}
