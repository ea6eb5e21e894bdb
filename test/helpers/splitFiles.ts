import { type UserType, userTypes, userTypeValue } from "../../src/clever/reports";
import { writeDataFile } from "../../src/delta/files/dataFile";
import { withLocalFiles } from "../../src/delta/files/localFiles";
import type { Action } from "../../src/delta/log/actions";
import { commit } from "../../src/delta/log/commit";
import { lakePathOf, readQuery } from "../../src/delta/readQuery";
import { tableColumns } from "../../src/delta/schema";
import { readSnapshot } from "../../src/delta/snapshot";
import { removeFile } from "../../src/delta/tableActions";
import { type Duck, sqlString } from "../../src/duck/duck";
import type { Lake } from "../../src/lake/lake";
import { contentsOf, contentTags } from "../../src/pipeline/write/fileContents";

/** Rewrites a `_pseudo` table with one data file per source and month, as separate runs per file would leave it. */
export async function splitBySource(lake: Lake, duck: Duck, tablePath: string): Promise<void> {
  const snapshot = await readSnapshot({ lake, duck }, tablePath);
  if (snapshot === undefined) throw new RangeError(`There is no table ${tablePath}.`);
  const actions: Action[] = [];
  for (const file of snapshot.files.values()) {
    const place = lakePathOf(snapshot, file);
    actions.push(removeFile(file, { dataChange: false }));
    for (const source of contentsOf(file).sources?.keys() ?? []) {
      await withLocalFiles(lake, [place], {}, ([local = place]) =>
        duck.session(async (session) => {
          const query = `SELECT * FROM (${readQuery(snapshot, [file], () => local)}) WHERE source_file = ${sqlString(source)}`;
          const found = await session.query(
            `SELECT user_type, day("date")::INTEGER AS day, count(*)::INTEGER AS rows FROM (${query}) GROUP BY ALL`,
          );
          const days = new Map<UserType, number>();
          for (const { user_type, day } of found) {
            const type = userTypes.find((each) => userTypeValue[each] === user_type);
            if (type) days.set(type, (days.get(type) ?? 0) | (1 << (Number(day) - 1)));
          }
          const rows = found.reduce((sum, { rows: count }) => sum + Number(count), 0);
          const add = await writeDataFile({
            session,
            lake,
            tablePath,
            query,
            columns: tableColumns(snapshot.metadata.columns, tablePath),
            partitionValues: file.partitionValues,
            tags: contentTags({ sources: new Map([[source, rows]]), days }),
            exactStatistics: ["source_file"],
            dataChange: false,
          });
          if (add) actions.push({ add });
        }),
      );
    }
  }
  await commit({
    lake,
    duck,
    tablePath,
    snapshot,
    operation: { name: "OPTIMIZE" },
    attempt: () => Promise.resolve({ actions, readsTable: true }),
  });
}
