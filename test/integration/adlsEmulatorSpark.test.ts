import { describe, expect, it } from "vitest";
import { writeDataFile } from "../../src/delta/files/dataFile";
import { withLocalFiles } from "../../src/delta/files/localFiles";
import { writeCheckpoint } from "../../src/delta/log/checkpoint";
import { commit } from "../../src/delta/log/commit";
import { lakePathOf, readQuery } from "../../src/delta/readQuery";
import type { Column } from "../../src/delta/schema";
import { readSnapshot, type Snapshot } from "../../src/delta/snapshot";
import { tableActions } from "../../src/delta/tableActions";
import { Duck, sqlName } from "../../src/duck/duck";
import type { AdlsLake } from "../../src/lake/adls/adlsLake";
import { openLake, startEmulator } from "../helpers/adls";
import { pythonWithDelta, runPython } from "../helpers/python";
import { Spark, sparkJars } from "../helpers/spark";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** Our tables in the lake, read and changed by Apache Spark with Hadoop's own driver. */

const jars = await sparkJars();
const python = await pythonWithDelta();

type Row = Readonly<Record<string, unknown>>;

const table = "stage2p/clever/t";
const types = {
  year: "integer",
  month: "integer",
  date: "date",
  pseudonym: "string",
  active: "boolean",
  accesses: "integer",
  bytes: "long",
  at: "timestamp",
  share: "double",
} as const;
const columns: Column[] = Object.entries(types).map(([name, type]) => ({ name, type }));

/** Rows as texts that do not depend on the reader: fields by name, nulls omitted as in Spark. */
function sorted(rows: readonly Row[]): string[] {
  const known = ([, value]: [string, unknown]) => value !== null;
  return rows.map((row) => JSON.stringify(Object.entries(row).filter(known).sort())).sort();
}

/** Adds a month of 50 rows; in nullable columns one value in seven is null. */
async function append(lake: AdlsLake, duck: Duck, month: number): Promise<void> {
  const add = await duck.session((session) =>
    writeDataFile({
      ...{ session, lake, tablePath: table, columns },
      partitionValues: { year: 2022, month },
      query: `SELECT make_date(2022, ${month}, 1 + (i % 28)::INTEGER) AS date,
            CASE WHEN i % 7 > 0 THEN repeat('é😀', i::INTEGER % 30) || i END AS pseudonym, i % 2 = 0 AS active,
            i::INTEGER - 3 AS accesses, i * 10000000000 AS bytes,
            TIMESTAMPTZ '2022-01-01 00:00:00.123456+00' + to_seconds(i) AS "at",
            CASE WHEN i % 7 > 0 THEN i / 4 END AS share FROM range(50) r(i)`,
    }),
  );
  if (add === undefined) throw new Error("there are no rows");
  const outcome = await commit({
    ...{ lake, duck, tablePath: table },
    operation: { name: "WRITE", parameters: { mode: "Append", partitionBy: '["year","month"]' } },
    attempt: async (snapshot) => ({
      actions: [
        ...(snapshot ? [] : tableActions({ columns, partitionColumns: ["year", "month"], description: "t" })),
        { add },
      ],
    }),
  });
  if (!outcome.committed) throw new Error("nothing was committed");
}

async function ours(lake: AdlsLake, duck: Duck): Promise<Snapshot> {
  const snapshot = await readSnapshot({ lake, duck }, table);
  if (snapshot === undefined) throw new Error("there is no table");
  return snapshot;
}

/** The table's rows, read by our own reader. */
async function ourRows(lake: AdlsLake, duck: Duck): Promise<string[]> {
  const snapshot = await ours(lake, duck);
  const files = [...snapshot.files.values()];
  const places = files.map((file) => lakePathOf(snapshot, file));
  const rows = await withLocalFiles(lake, places, {}, (copies) => {
    const copyOf = new Map(places.map((place, index) => [place, copies[index] ?? ""]));
    const query = readQuery(snapshot, files, (place) => copyOf.get(place) ?? "");
    const list = columns.map(({ name, type }) => {
      const column = sqlName(name);
      if (type === "date") return `CAST(${column} AS VARCHAR) AS ${column}`;
      if (type === "long") return `CAST(${column} AS DOUBLE) AS ${column}`;
      if (type !== "timestamp") return column;
      return `strftime(${column} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f+00:00') AS ${column}`;
    });
    return duck.session((session) => session.query(`SELECT ${list.join(", ")} FROM (${query})`));
  });
  return sorted(rows);
}

describe.skipIf(jars === undefined || python === undefined)("Apache Spark", () => {
  it("reads our table, adds to it and deletes from it; all three readers find the same rows", async () => {
    const emulator = await startEmulator({ fileSystems: ["stage2p"] });
    const lake = openLake(emulator, { auth: "sharedKey" });
    const duck = await Duck.open({ threads: 1 });
    try {
      for (const month of [1, 2, 3]) await append(lake, duck, month);
      const snapshot = await ours(lake, duck);
      await writeCheckpoint({ lake, duck }, snapshot);
      await append(lake, duck, 4);
      const before = await ourRows(lake, duck);
      expect(before).toHaveLength(200);

      const { url, account, key, port } = emulator;
      const spark = `delta.\`abfs://stage2p@${account}.dfs.core.windows.net/clever/t\``;
      const list = columns.map(({ name, type }) =>
        type === "timestamp"
          ? `date_format(\`${name}\`, "yyyy-MM-dd HH:mm:ss.SSSSSS") || "+00:00" AS \`${name}\``
          : name,
      );
      const select = `SELECT ${list.join(", ")} FROM ${spark}`;
      const driver = `spark.hadoop.fs.azure.account`;
      await using session = Spark.start(jars ?? "", await temporaryFolder(), {
        // The address that the driver uses instead of ACCOUNT.dfs.core.windows.net.
        "spark.hadoop.fs.azure.abfs.endpoint": `127.0.0.1:${port}`,
        "spark.hadoop.fs.azure.always.use.https": "false",
        [`${driver}.auth.type`]: "SharedKey",
        [`${driver}.key.${account}.dfs.core.windows.net`]: key,
      });
      const answers = await session.sql(
        select,
        `INSERT INTO ${spark} VALUES (2022, 5, DATE"2022-05-06", "é😀", true, 7, 10000000000, TIMESTAMP"2022-05-06 07:08:09.123456", 0.25D)`,
        `DELETE FROM ${spark} WHERE month = 1 AND accesses < 0`,
        select,
      );
      expect(sorted(answers[0] ?? [])).toEqual(before);

      const after = await ourRows(lake, duck);
      expect(after).toHaveLength(200 + 1 - 3);
      expect(sorted(answers[3] ?? [])).toEqual(after);
      const request = { command: "deltaRs", url, account, key, fileSystem: "stage2p", table: "clever/t" };
      const { rows } = (await runPython(python ?? "", "adls.py", request)) as { rows: Row[] };
      expect(sorted(rows)).toEqual(after);
    } finally {
      await duck.close();
    }
  }, 600_000);
});
