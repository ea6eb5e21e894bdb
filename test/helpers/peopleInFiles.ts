import { pseudoTable } from "../../src/clever/layout";
import { pseudonymName, reports } from "../../src/clever/reports";
import { lakePathOf } from "../../src/delta/readQuery";
import { readSnapshot } from "../../src/delta/snapshot";
import { withDataFiles } from "../../src/delta/withTable";
import { sqlFile } from "../../src/duck/duck";
import type { Lake } from "../../src/lake/lake";
import { sharedDuck } from "./lakeRows";

/** What a data file of a report's table has. */
export interface PeopleInFile {
  readonly rows: number;
  readonly people: number;
  /** Rows of another person than the row before; as many as people if a person's rows are consecutive. */
  readonly changes: number;
}

/** The people in each data file of both reports' tables. */
export async function peopleInFiles(lake: Lake): Promise<PeopleInFile[]> {
  const duck = await sharedDuck();
  const person = pseudonymName("clever_user_id");
  const found: PeopleInFile[] = [];
  for (const report of Object.values(reports)) {
    const snapshot = await readSnapshot({ lake, duck }, pseudoTable(report));
    const files = [...(snapshot?.files.values() ?? [])];
    if (snapshot === undefined) continue;
    await withDataFiles({ lake }, [{ snapshot, files }], (localPathOf) =>
      duck.session(async (session) => {
        for (const file of files) {
          const { rows, people, changes } = await session.one(
            `SELECT count(*) AS rows, count(DISTINCT ${person}) AS people,
               count(*) FILTER (${person} IS DISTINCT FROM before) AS changes
             FROM (SELECT ${person}, lag(${person}) OVER (ORDER BY file_row_number) AS before
               FROM read_parquet(${sqlFile(localPathOf(lakePathOf(snapshot, file)))}, file_row_number = true))`,
          );
          found.push({ rows: Number(rows), people: Number(people), changes: Number(changes) });
        }
      }),
    );
  }
  return found;
}
