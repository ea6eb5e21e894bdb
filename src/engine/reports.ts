import { randomUUID } from "node:crypto";
import { allSettledOrThrow } from "../allSettledOrThrow";
import { recognizeReport } from "../clever/fileNames";
import { writeCheckFolders, writeCheckPath } from "../clever/layout";
import type { Lake } from "../lake/lake";
import { temporaryFolder } from "../lake/lakePath";
import { needsAdoption } from "../pipeline/adopt/oeaTables";
import { RunHistory } from "../pipeline/log/runRecord";
import { dismissQuarantined } from "../pipeline/plan/dismiss";
import { type FileFailure, failedFiles, isUnresolved } from "../pipeline/plan/failedFiles";
import type { PlannedFile } from "../pipeline/plan/plan";
import { isAcceptable, isHeldBack } from "../pipeline/plan/quarantine";
import { status } from "../pipeline/plan/status";
import { checkSalt } from "../pipeline/salt/salt";
import type { SourceFile } from "../sftp/source";
import { openLake, readSalt, type Sources, sourceOf } from "./connections";
import type { CallContext } from "./handlers";
import type {
  Connected,
  ConnectionTest,
  DismissParams,
  LakeTest,
  LandedDetails,
  ReportItem,
  ReportsAnswer,
  ServerLogin,
} from "./messages";

/**
 * Tests a connection: logs in and lists the server, writes a file to each stage of the lake and removes it, and
 * compares the salt with the lake's. Rejects if the server or the lake fails; a different salt is part of the answer.
 */
export async function testConnection(
  { connection, secrets }: Connected,
  sources: Sources,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const { files } = await sources.use(connection, secrets, (source) => source.list(signal));
  return { folders: topFolders(files), ...(await testLake({ connection, secrets }, signal)) };
}

/** The server's part of `testConnection`, without the listing. Rejects if the login is refused. */
export async function testLogin(login: ServerLogin, signal: AbortSignal): Promise<Record<string, never>> {
  await using source = await sourceOf(login);
  await source.login(signal);
  return {};
}

/** The lake's part of `testConnection`. */
export async function testLake({ connection, secrets }: Connected, signal: AbortSignal): Promise<LakeTest> {
  const lake = await openLake(connection, secrets);
  await checkWritable(lake, signal);
  const salt = await readSalt(connection, secrets, signal);
  return {
    salt: salt === undefined ? "notGiven" : await checkSalt(lake, salt, signal),
    isOeas: await needsAdoption(lake, signal),
  };
}

async function checkWritable(lake: Lake, signal: AbortSignal): Promise<void> {
  for (const folder of writeCheckFolders()) {
    const path = writeCheckPath(folder, randomUUID());
    await lake.putIfAbsent(path, Buffer.from("This file may be deleted.\n"), { signal });
    await lake.delete(path);
    // OEA's enumeration of tables would fail at a leftover folder without a table.
    for (const made of [`${folder}/${temporaryFolder}`, folder]) await lake.deleteEmptyFolder(made);
  }
}

function topFolders(files: readonly SourceFile[]): ConnectionTest["folders"] {
  const folders = new Map<string, { files: number; reports: number }>();
  for (const { path } of files) {
    const slash = path.indexOf("/");
    const name = slash < 0 ? "" : path.slice(0, slash);
    const counts = folders.get(name) ?? { files: 0, reports: 0 };
    counts.files++;
    if (recognizeReport(path)) counts.reports++;
    folders.set(name, counts);
  }
  return [...folders]
    .map(([name, counts]) => ({ name, ...counts }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Few enough files per message not to block its receiver. */
const filesPerMessage = 500;

/** Sends the files on the server with their ingestion status, in batches. */
export async function listReports(
  { connection, secrets }: Connected,
  sources: Sources,
  { signal, report }: CallContext<readonly ReportItem[]>,
): Promise<ReportsAnswer> {
  const lake = await openLake(connection, secrets);
  const history = new RunHistory(lake, signal);
  const [{ files, isNew, overdue, needsAdoption, changedByOthers }, failures] = await allSettledOrThrow([
    sources.use(connection, secrets, (source, settings) => status(source, lake, settings, signal, history)),
    failedFiles(history),
  ]);
  for (let from = 0; from < files.length; from += filesPerMessage) {
    signal.throwIfAborted();
    report(files.slice(from, from + filesPerMessage).map((file) => asItem(file, failures.get(file.path))));
  }
  return { count: files.length, isNew, overdue, needsAdoption, changedByOthers };
}

/** Dismisses quarantined files; see `dismissQuarantined` of the pipeline for its errors. */
export async function dismiss(
  { connection, secrets, files }: DismissParams,
  signal: AbortSignal,
): Promise<{ dismissed: readonly string[] }> {
  const lake = await openLake(connection, secrets);
  return { dismissed: await dismissQuarantined({ lake, files, signal }) };
}

function asItem(file: PlannedFile, failure: FileFailure | undefined): ReportItem {
  const { entry, state } = file;
  const heldBack = isHeldBack(entry) && state === entry?.outcome ? entry : undefined;
  return {
    path: file.path,
    state,
    reason: file.reason ?? null,
    line: heldBack?.line ?? null,
    column: heldBack?.column ?? null,
    failure: failure && isUnresolved(file, failure) ? failure.reason : null,
    acceptable: heldBack !== undefined && isAcceptable(heldBack),
    report: file.report ?? null,
    userType: file.userType ?? null,
    size: file.size,
    modified: file.modified.getTime() === 0 ? null : file.modified.toISOString(),
    landed: entry ? landedDetails(entry) : null,
    unread: file.unread ?? null,
  };
}

function landedDetails(entry: NonNullable<PlannedFile["entry"]>): LandedDetails {
  return {
    sha256: entry.sha256,
    landedPath: entry.landedPath,
    rowsRead: entry.rowsRead ?? null,
    rowsWritten: entry.rowsWritten ?? null,
    rowsRefused: entry.rowsRefused ?? null,
    runId: entry.runId,
    time: entry.time.toISOString(),
    notes: entry.notes ?? null,
  };
}
