import { type Division, groupsColumns } from "../../clever/groupsTable";
import { groupsTable } from "../../clever/layout";
import type { OpenLake } from "../../delta/openLake";
import { withTables } from "../../delta/withTable";
import { Duck, sqlName } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { requireLake } from "../../lake/requireLake";
import { RunLock } from "../lock/runLock";
import { newRunId } from "../log/runRecord";
import { replaceRows, requireShapeOf, type WholeTable } from "../write/replaceRows";

const table: WholeTable = {
  path: groupsTable,
  columns: groupsColumns,
  name: "groups",
  description: "How people are divided into groups; every number is to be about whole groups.",
};

interface GroupsRequest extends OpenLake {
  readonly division: Division;
  /** Rejects if another run has taken over the lake; called right before the commit. */
  readonly requireHeld: () => Promise<void>;
}

/**
 * Makes the table of groups contain a division: does nothing if it already does, else commits once, so that a reader
 * finds one division or the other.
 *
 * Resolves to whether it was written. Rejects with `unsupportedTable` if another program's table with different columns
 * is there, and as `commit` does.
 */
export async function updateGroups({ division, ...request }: GroupsRequest): Promise<boolean> {
  const parameters = [JSON.stringify(rowsOf(division))];
  const outcome = await request.duck.session(
    (session) => replaceRows({ ...request, session, table, query: rowsSql, parameters }),
    request.signal,
  );
  return outcome.committed;
}

/**
 * `updateGroups` without a run. Rejects for the same reasons, with `notFound` if there is no lake, and with `busy` while
 * a run is active.
 *
 * @param divide divides the people; called under the lock, so that no run changes the tables in between
 */
export async function updateGroupsWithoutRun(
  lake: Lake,
  divide: () => Promise<Division>,
  signal?: AbortSignal,
): Promise<{ readonly written: boolean; readonly division: Division }> {
  await requireLake(lake, { signal });
  await using lock = await RunLock.acquire(lake, newRunId(new Date()), { signal });
  const division = await divide();
  await using duck = await Duck.open();
  const written = await updateGroups({ lake, duck, division, requireHeld: lock.requireHeld, signal });
  return { written, division };
}

/** The minimum group size of the division in the table; undefined if there is no table, or no division in it. */
export async function minimumGroupSizeOf(open: OpenLake): Promise<number | undefined> {
  return withTables(open, [groupsTable], async (session, [groups]) => {
    if (!groups?.select) return undefined;
    requireShapeOf(table, groups.snapshot);
    const sql = `SELECT max(minimum_group_size) AS size FROM (${groups.select})`;
    const { size } = await session.one(sql);
    return size === null ? undefined : Number(size);
  });
}

type Row = readonly (string | number | null)[];

function rowsOf({ minimumGroupSize, cohorts, daysLeftOut, knownDays }: Division): Row[] {
  const sizes = new Map<number, number>();
  for (const { group } of cohorts) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const dayRow = (group: number | null, day: string) =>
    [null, null, null, null, group, null, minimumGroupSize, day] as const;
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
    ...daysLeftOut.map(({ group, day }) => dayRow(group, day)),
    ...Object.values(knownDays ?? {}).map((day) => dayRow(null, day)),
  ];
}

/** The rows of a JSON text, each a list of cells in the order of the columns. */
const rowsSql = `SELECT ${groupsColumns.map(({ name }, index) => `cells[${index + 1}] AS ${sqlName(name)}`).join(", ")}
FROM (SELECT unnest(from_json(?::JSON, '[["VARCHAR"]]')) AS cells)`;
