import { lookupTable, pseudoTable } from "../../src/clever/layout";
import { idNames, lookupColumns, pseudoColumns, type Report, reports } from "../../src/clever/reports";
import { writeDataFile } from "../../src/delta/files/dataFile";
import type { AddFile } from "../../src/delta/log/actions";
import { commit } from "../../src/delta/log/commit";
import { tableActions } from "../../src/delta/tableActions";
import { type Duck, sqlName, sqlString, sqlStrings } from "../../src/duck/duck";
import type { FolderLake } from "../../src/lake/folder";

/** A raw file as OEA's production pipeline writes it: every field quoted, quotes escaped as `\"`. */
export function asSinkWrites(csv: string): string {
  const cells = csv
    .trim()
    .split("\n")
    .map((line) => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g)?.slice(0, -1) ?? []);
  const plain = (cell: string) => {
    const text = cell.replace(/,$/, "");
    return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
  };
  const line = (row: readonly string[]) =>
    row.map((cell) => `"${plain(cell).replaceAll('"', '\\"')}"`).join(",");
  return `${cells.map(line).join("\n")}\n`;
}

/** Puts one of OEA's raw files into the lake; its path is below the report's folder. */
export async function landAsOea(
  lake: FolderLake,
  report: Report,
  place: string,
  content: string | Buffer,
): Promise<string> {
  const path = `stage1np/clever/${report.slug}/${place}`;
  await lake.write(
    path,
    (async function* () {
      yield await Promise.resolve(Buffer.from(content));
    })(),
  );
  return path;
}

/**
 * The effect of a run of OEA's notebook on the tables: it reads all landed files by column position, with quotes escaped by
 * backslashes, as students, and appends every row to the tables again, and a row for each of them to the lookups.
 */
export async function runOeaNotebook(
  lake: FolderLake,
  duck: Duck,
  {
    salt = "",
    names = Object.values(reports),
  }: { readonly salt?: string; readonly names?: readonly Report[] } = {},
): Promise<void> {
  for (const report of names) {
    const files: string[] = [];
    for await (const { path, kind } of lake.list(`stage1np/clever/${report.slug}`, { recursive: true })) {
      if (kind === "file" && path.endsWith(".csv")) files.push(lake.localPath(path));
    }
    if (files.length === 0) continue;
    const texts = report.columns.map(({ name }) => `${sqlString(name)}: 'VARCHAR'`).join(", ");
    const cells = report.columns.map(({ name, type }) =>
      type === "string" ? sqlName(name) : `try_cast(${sqlName(name)} AS ${type}) AS ${sqlName(name)}`,
    );
    const hash = (name: string) =>
      `sha256(${sqlName(name)} || ${sqlString(salt)}) AS ${sqlName(`${name}_pseudonym`)}`;
    const hashes = idNames.map(hash);
    const rows = `SELECT ${[...cells, ...hashes].join(", ")}, year(try_cast("date" AS DATE)) AS "year", month(try_cast("date" AS DATE)) AS "month"
      FROM read_csv(${sqlStrings(files.sort())}, columns = {${texts}}, auto_detect = false, header = true, delim = ',',
        quote = '"', escape = '\\', null_padding = true, ignore_errors = true, strict_mode = false)`;
    await append(lake, duck, lookupTable(report), lookupColumns, [], rows);
    const columns = pseudoColumns(report).filter(
      ({ name }) => name !== "user_type" && name !== "source_file",
    );
    await append(lake, duck, pseudoTable(report), columns, ["year", "month"], rows);
  }
}

async function append(
  lake: FolderLake,
  duck: Duck,
  tablePath: string,
  columns: typeof lookupColumns,
  partitionColumns: readonly string[],
  query: string,
): Promise<void> {
  await duck.session(async (session) => {
    await session.query(`CREATE OR REPLACE TEMP TABLE read_ AS ${query}`);
    const parts =
      partitionColumns.length === 0
        ? [{ where: "true", values: {} }]
        : (await session.query(`SELECT DISTINCT "year", "month" FROM read_`)).map(({ year, month }) => ({
            where: `"year" IS NOT DISTINCT FROM ${year ?? "NULL"} AND "month" IS NOT DISTINCT FROM ${month ?? "NULL"}`,
            values: {
              year: year === null ? null : Number(year),
              month: month === null ? null : Number(month),
            },
          }));
    const adds: AddFile[] = [];
    for (const { where, values } of parts) {
      const add = await writeDataFile({
        ...{ session, lake, tablePath, columns },
        query: `SELECT * FROM read_ WHERE ${where}`,
        partitionValues: values,
      });
      if (add) adds.push(add);
    }
    await commit({
      ...{ lake, duck, tablePath },
      operation: { name: "WRITE", parameters: { mode: "Append" } },
      attempt: (snapshot) =>
        Promise.resolve({
          actions: [
            ...(snapshot ? [] : tableActions({ columns, partitionColumns })),
            ...adds.map((add) => ({ add })),
          ],
        }),
    });
  });
}
