import { createHash } from "node:crypto";
import { type Division, groupsColumns } from "../../clever/groupsTable";
import { groupsTable } from "../../clever/layout";
import { commit } from "../../delta/commit";
import { writeDataFile } from "../../delta/dataFile";
import { withScratch } from "../../delta/localFiles";
import { requireSameShape } from "../../delta/schema";
import { removeFile, tableActions } from "../../delta/tableActions";
import { Duck, sqlName } from "../../duck/duck";
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
 * Makes the table of groups contain a division: does nothing if it already does, else commits once, so that a reader
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
  const hash = createHash("sha256").update(text).digest("hex");
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
      // Without rows there is no data file.
      const due = rows.length > 0 ? [hash] : [];
      if (snapshot && current.map((file) => file.tags?.[divisionTag]).join() === due.join()) return undefined;
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
