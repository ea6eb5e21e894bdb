import { createHash } from "node:crypto";
import { type Division, groupsColumns } from "../../clever/groupsTable";
import { groupsTable } from "../../clever/layout";
import { commit } from "../../delta/commit";
import { writeDataFile } from "../../delta/dataFile";
import { withScratch } from "../../delta/localFiles";
import { readQuery } from "../../delta/readQuery";
import { requireSameShape } from "../../delta/schema";
import type { Snapshot } from "../../delta/snapshot";
import { removeFile, tableActions } from "../../delta/tableActions";
import { withDataFiles } from "../../delta/withTable";
import { Duck, type DuckSession, sqlName } from "../../duck/duck";
import { isDamage } from "../../errors";
import type { Lake } from "../../lake/lake";
import { RunLock } from "../lock/runLock";
import { newRunId } from "../log/runRecord";

/** The tag of the table's one data file: a hash of the division that it holds. */
const divisionTag = "clever.division";

interface GroupsRequest {
  readonly lake: Lake;
  readonly duck: Duck;
  readonly division: Division;
  /** Rejects if another run has taken over the lake; called right before the commit. */
  readonly requireHeld: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the table of groups contain a division: does nothing if its rows already are, else commits once, so that a reader
 * finds one division or the other.
 *
 * Resolves to whether it was written. Rejects with `unsupportedTable` if another program's table with different columns
 * is there, and as `commit` does.
 */
export async function updateGroups({
  lake,
  duck,
  division,
  requireHeld,
  signal,
}: GroupsRequest): Promise<boolean> {
  const options = { signal };
  const rows = rowsOf(division);
  const text = JSON.stringify(rows);
  const hash = hashOf(rows);
  const outcome = await commit({
    ...options,
    lake,
    duck,
    tablePath: groupsTable,
    operation: { name: "WRITE", parameters: { mode: "Overwrite" } },
    attempt: async (snapshot) => {
      if (snapshot) {
        requireSameShape(snapshot.metadata, { columns: groupsColumns, partitionColumns: [] }, groupsTable);
      }
      const current = [...(snapshot?.files.values() ?? [])];
      if (
        snapshot &&
        divisionsOf(snapshot).join() === divisionsWith(rows).join() &&
        (await isUndamaged(lake, duck, snapshot, signal))
      )
        return undefined;
      const add = await withScratch(lake, (scratch) =>
        duck.session((session) =>
          writeDataFile({
            ...options,
            lake,
            session,
            scratch,
            tablePath: groupsTable,
            columns: groupsColumns,
            query: rowsSql,
            parameters: [text],
            tags: { [divisionTag]: hash },
          }),
        ),
      );
      await requireHeld();
      return {
        actions: [
          ...(snapshot ? [] : newTable()),
          ...current.map((file) => removeFile(file, { dataChange: true })),
          ...(add ? [{ add }] : []),
        ],
      };
    },
  });
  return outcome.committed;
}

/** `updateGroups` without a run. Rejects as that does, and with `busy` while a run is active. */
export async function updateGroupsAlone(
  lake: Lake,
  division: Division,
  signal?: AbortSignal,
): Promise<boolean> {
  await using lock = await RunLock.take(lake, newRunId(new Date(), undefined), { signal });
  await using duck = await Duck.open({ memoryLimit: "200MB" });
  return await updateGroups({ lake, duck, division, requireHeld: () => lock.requireHeld(), signal });
}

/** Whether the table's rows are those of the division that its tag names. */
export async function holdsItsDivision(
  session: DuckSession,
  { snapshot, select }: { readonly snapshot: Snapshot; readonly select: string },
  signal?: AbortSignal,
): Promise<boolean> {
  const rows = await session.query(
    `SELECT * REPLACE (day_left_out::VARCHAR AS day_left_out) FROM (${select})
     ORDER BY cohort NULLS LAST, group_number, day_left_out`,
    [],
    signal,
  );
  const found = rows.map((row) =>
    groupsColumns.map(({ name, type }): Row[number] => {
      const value = row[name];
      if (value === null || value === undefined) return null;
      return type === "integer" ? Number(value) : String(value);
    }),
  );
  return divisionsOf(snapshot).join() === divisionsWith(found).join();
}

async function isUndamaged(
  lake: Lake,
  duck: Duck,
  snapshot: Snapshot,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const files = [...snapshot.files.values()];
  try {
    return await withDataFiles(lake, [{ snapshot, files }], { signal }, (placeOf) =>
      duck.session((session) =>
        holdsItsDivision(session, { snapshot, select: readQuery(snapshot, files, placeOf) }, signal),
      ),
    );
  } catch (error) {
    if (!isDamage(error)) throw error;
    return false;
  }
}

/** The tags of the table's data files. */
function divisionsOf(snapshot: Snapshot): unknown[] {
  return [...snapshot.files.values()].map((file) => file.tags?.[divisionTag]);
}

/** The tags of a table with these rows: without rows there is no data file. */
function divisionsWith(rows: readonly Row[]): string[] {
  return rows.length > 0 ? [hashOf(rows)] : [];
}

function hashOf(rows: readonly Row[]): string {
  return createHash("sha256").update(JSON.stringify(rows)).digest("hex");
}

function newTable() {
  return tableActions({
    columns: groupsColumns,
    name: "groups",
    description: "How people are divided into groups; every number is to be about whole groups.",
  });
}

type Row = readonly (string | number | null)[];

function rowsOf({ minimumGroupSize, cohorts, daysLeftOut }: Division): Row[] {
  const sizes = new Map<number, number>();
  for (const { group } of cohorts) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return [
    ...cohorts.map(({ school, userType, grade, group }, index) => [
      index + 1,
      school,
      userType,
      grade,
      group,
      sizes.get(group) ?? 0,
      minimumGroupSize,
      null,
    ]),
    ...daysLeftOut.map(({ group, day }) => [null, null, null, null, group, null, minimumGroupSize, day]),
  ];
}

/** The rows of a JSON text, each a list of cells in the order of the columns. */
const rowsSql = `SELECT ${groupsColumns.map(({ name }, index) => `cells[${index + 1}] AS ${sqlName(name)}`).join(", ")}
FROM (SELECT unnest(from_json(?::JSON, '[["VARCHAR"]]')) AS cells)`;
