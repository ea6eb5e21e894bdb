import { lookupTable, tableBeside } from "../../clever/layout";
import { hashedColumns, lookupColumns, pseudonymName, type Report } from "../../clever/reports";
import { commit } from "../../delta/commit";
import { importDataFile, stageDataFile } from "../../delta/dataFile";
import { withLocalFiles } from "../../delta/localFiles";
import { lakePathOf, readQuery } from "../../delta/readQuery";
import type { Snapshot } from "../../delta/snapshot";
import { numRecords } from "../../delta/statistics";
import { removeFile } from "../../delta/tableActions";
import { sqlName } from "../../duck/duck";
import { CleverLakeError } from "../../errors";
import { lookupTableActions } from "../commit/lookups";
import type { LogEntry } from "../log/ingestLog";
import { VerifiedVersions } from "./foreignCommits";
import { LandedReader, type RepairContext } from "./landedReader";

export interface RebuiltLookups {
  readonly rowsBefore: number | null;
  readonly rowsAfter: number;
  /** Server paths of files whose landed files are gone. */
  readonly kept: readonly string[];
}

/**
 * Rebuilds a report's lookup table: the people of the current deliveries, read from the landed files, and those pairs
 * of the table that the salt confirms, each once.
 *
 * @param snapshot the table; undefined for a new one next to it, which has only the people of the landed files
 */
export async function rebuildLookups(
  context: RepairContext,
  report: Report,
  snapshot: Snapshot | undefined,
  current: readonly LogEntry[],
): Promise<RebuiltLookups> {
  const { lake, duck, salt, scratch, signal } = context;
  const options = { signal };
  const reader = await LandedReader.open(context, report, undefined);
  const { unread } = await reader.read(
    current.filter(({ rowsRead }) => rowsRead !== 0),
    "people",
  );
  const tablePath = snapshot ? lookupTable(report) : tableBeside(lookupTable(report));
  if (snapshot === undefined && unread.length > 0) {
    throw new CleverLakeError(
      "notFound",
      `${unread.length} landed copies are gone: a lookup table built without them would lack people. The table stays as it is.`,
      { subject: lookupTable(report), hint: "Put the landed files back from a copy of the lake." },
    );
  }
  const files = [...(snapshot?.files.values() ?? [])];
  const paths = snapshot ? files.map((file) => lakePathOf(snapshot, file)) : [];
  const columns = lookupColumns(report);
  const list = columns.map(({ name }) => sqlName(name)).join(", ");
  const staged = await withLocalFiles(lake, paths, options, (local) =>
    duck.session((session) => {
      const placeOf = (path: string) => local[paths.indexOf(path)] ?? path;
      const confirmed = hashedColumns(report)
        .map(
          ({ name }) => `${sqlName(pseudonymName(name))} IS NOT DISTINCT FROM sha256(${sqlName(name)} || $1)`,
        )
        .join(" AND ");
      const old = snapshot
        ? [`SELECT ${list} FROM (${readQuery(snapshot, files, placeOf)}) WHERE ${confirmed}`]
        : [];
      return stageDataFile({
        ...options,
        session,
        tablePath,
        columns,
        query: [...old, `SELECT ${list} FROM ${reader.persons.table}`].join(" UNION "),
        parameters: snapshot ? [salt] : [],
        scratch,
      });
    }),
  );
  const rowsAfter = staged?.statistics.numRecords ?? 0;
  const kept = unread.map(({ path }) => path);
  const rowsBefore = snapshot ? (numRecords(files) ?? null) : null;
  if (context.dryRun) return { rowsBefore, rowsAfter, kept };
  await context.requireHeld();
  const add = staged && (await importDataFile(lake, tablePath, staged, options));
  await commit({
    ...options,
    lake,
    duck,
    snapshot,
    tablePath,
    operation: { name: "WRITE", parameters: { mode: "Overwrite" } },
    attempt: (now, number) => {
      if (number > 1 || now?.version !== snapshot?.version) {
        throw new CleverLakeError(
          "conflict",
          "Another program changed the table meanwhile; it was not repaired.",
          {
            subject: lookupTable(report),
            hint: "Repair it again.",
          },
        );
      }
      const actions = [
        ...(snapshot ? [] : lookupTableActions(report)),
        ...files.map((file) => removeFile(file, { dataChange: true })),
        ...(add ? [{ add }] : []),
        ...new VerifiedVersions([[tablePath, snapshot?.version ?? -1]]).actions(tablePath, snapshot),
      ];
      return Promise.resolve({ actions, reads: "table" });
    },
  });
  return { rowsBefore, rowsAfter, kept };
}
