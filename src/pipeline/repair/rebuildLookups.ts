import { lookupTable } from "../../clever/layout";
import { idNames, lookupColumns, pseudonymName } from "../../clever/reports";
import { importDataFile, stageDataFile } from "../../delta/files/dataFile";
import { numRecords } from "../../delta/files/statistics";
import { removeFile } from "../../delta/tableActions";
import { withSelects } from "../../delta/withTable";
import { lookupTableActions } from "../commit/lookups";
import { landedReader } from "../landedReader";
import type { LogEntry } from "../log/ingestLog";
import {
  commitRebuilt,
  landedFilesMissing,
  pathOfRebuilt,
  type RepairContext,
  readLanded,
  requireLogged,
  type TableToRebuild,
} from "./rebuild";
import type { RepairedTable } from "./repair";

interface LookupsToRebuild extends TableToRebuild {
  /** Replaced deliveries of the report: ids of their people may be in kept texts. */
  readonly earlier: readonly LogEntry[];
}

/**
 * Rebuilds a report's lookup table: the people of all deliveries, read from the landed files, and those pairs
 * of the table that the salt confirms, each once. Rejects with `notFound` or `corrupt` if the table, or a data file, is
 * to be replaced unread and the landed files do not have all people.
 */
export async function rebuildLookups(
  context: RepairContext,
  { report, snapshot, damaged, applied, current, earlier }: LookupsToRebuild,
): Promise<Pick<RepairedTable, "rowsBefore" | "rowsAfter" | "kept">> {
  const { lake, salt, scratch, signal } = context;
  const isUnread = snapshot === undefined || damaged.size > 0;
  if (isUnread) requireLogged(lookupTable(report), applied, current);
  const reader = await landedReader(context, report, salt, undefined);
  const { people } = reader;
  const onlyPeople: typeof reader.stage = async (session) => {
    await people.add(session);
    return [];
  };
  const withRows = current.filter(({ rowsRead }) => rowsRead !== 0);
  const peopleReader = { ...reader, stage: onlyPeople };
  const { unread } = await readLanded(context, peopleReader, withRows);
  // One by one: a reading has one delivery of a source. Landed files that a person deleted are left out.
  for (const entry of earlier) await readLanded(context, peopleReader, [entry]);
  const tablePath = pathOfRebuilt(lookupTable(report), snapshot);
  if (isUnread && unread.length > 0) {
    throw landedFilesMissing(
      lookupTable(report),
      unread.map(({ path }) => path),
      "people",
    );
  }
  const replaced = [...(snapshot?.files.values() ?? [])];
  const files = replaced.filter(({ path }) => !damaged.has(path));
  const list = lookupColumns.map(({ name }) => name).join(", ");
  const confirmed = idNames
    .map((name) => `${pseudonymName(name)} IS NOT DISTINCT FROM sha256(${name} || $1)`)
    .join(" AND ");
  const staged = await withSelects(context, [{ snapshot, files }], (session, [select]) => {
    const old = select === undefined ? [] : [`SELECT ${list} FROM (${select}) WHERE ${confirmed}`];
    return stageDataFile({
      session,
      tablePath,
      columns: lookupColumns,
      query: [...old, `SELECT ${list} FROM ${people.inRun}`].join(" UNION "),
      parameters: old.length > 0 ? [salt] : [],
      scratch,
    });
  });
  const rowsAfter = staged?.statistics.numRecords ?? 0;
  const kept = unread.map(({ path }) => path);
  const rowsBefore = snapshot ? (numRecords(replaced) ?? null) : null;
  if (context.dryRun) return { rowsBefore, rowsAfter, kept };
  const add = staged && (await importDataFile(lake, tablePath, staged, { signal }));
  await commitRebuilt(context, lookupTable(report), snapshot, [
    ...(snapshot ? [] : lookupTableActions(report)),
    ...replaced.map((file) => removeFile(file, { dataChange: true })),
    ...(add ? [{ add }] : []),
  ]);
  return { rowsBefore, rowsAfter, kept };
}
