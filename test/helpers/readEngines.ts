import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pseudoTable } from "../../src/clever/layout";
import { idNames, pseudoColumns, pseudonymName, type Report, userTypeValue } from "../../src/clever/reports";
import { stageDataFile } from "../../src/delta/files/dataFile";
import { Duck, sqlString } from "../../src/duck/duck";
import type { Delivery, ReadDelivery } from "../../src/pipeline/delivery";
import { EmbeddedEngine } from "../../src/pipeline/read/embeddedEngine";
import { KnownPeople } from "../../src/pipeline/read/people/people";
import type { CleanReading, EngineTask, OpenReadEngine } from "../../src/pipeline/read/readEngine";
import type { ReadContext } from "../../src/pipeline/read/stageFiles";
import { type StagedRows, stageRows } from "../../src/pipeline/read/stageRows";
import { dayBit } from "../../src/pipeline/write/cells";
import { pseudoFiles } from "../../src/pipeline/write/tables";
import { sharedDuck } from "./lakeRows";

type PlainRow = Readonly<Record<string, string | null>>;

/** The embedded engine as an external one, which returns people to the run in a file. */
export const embedded: OpenReadEngine = ({ report, lake, salt, scratch, signal }) => ({
  readClean: async (deliveries) => {
    // Its tables of people are not those of another report's task.
    await using duck = await Duck.open({ threads: 1 });
    const knownPeople = new KnownPeople({ lake, duck, signal }, salt);
    const reportPeople = await knownPeople.of(report);
    const context: ReadContext = {
      lake,
      people: reportPeople,
      knownPeople,
      scratch,
      signal,
      stage: stageRows,
    };
    return await duck.session(async (session) => {
      const clean = await new EmbeddedEngine(session, context).readClean(deliveries);
      const people = path.join(scratch, `${randomUUID()}.parquet`);
      await session.query(`COPY ${reportPeople.inRun} TO ${sqlString(people)} (FORMAT parquet)`);
      return { ...clean, people };
    });
  },
});

/** What the plain engine accepts as clean, by column type. */
const plainForms = {
  date: /^2024-09-(0[1-9]|[12]\d|30)$/,
  string: /^[A-Za-z]{3,20}( [A-Za-z]{2,20})?$/,
  boolean: /^(true|false)$/,
  integer: /^\d{1,3}$/,
};
const plainId = /^[a-z]{3,6}-[a-z]{3,6}$/;

/**
 * The simplest engine that meets the contract: it splits lines at commas and leaves every unusual file to the judge. It
 * writes its rows with DuckDB, but does not read with it.
 */
export const plain: OpenReadEngine = (task) => ({
  readClean: async (deliveries) => {
    const read: ReadDelivery[] = [];
    const rows: (PlainRow & { readonly source: string })[] = [];
    const days = new Map<string, string[]>();
    for (const delivery of deliveries) {
      const clean = await plainRows(task, delivery);
      if (clean === undefined) continue;
      const { source, userType } = delivery.entry;
      rows.push(...clean.map((row) => ({ ...row, user_type: userTypeValue[userType], source })));
      const dates = clean.map((row) => row.date ?? "").sort();
      days.set(source, dates);
      const span = { first: dates[0] ?? "", last: dates.at(-1) ?? "" };
      read.push({ ...delivery, rows: clean.length, refused: 0, notes: [], placeholders: 0, days: span });
    }
    return rows.length === 0 ? { read, staged: [] } : { read, ...(await write(task, read, rows, days)) };
  },
});

/** The rows of a file in Clever's own format; undefined for every other file. */
async function plainRows(
  { report, lake }: EngineTask,
  { entry }: Delivery,
): Promise<readonly PlainRow[] | undefined> {
  const place = lake.localPath(entry.landedPath);
  const text = place === undefined ? "" : await readFile(place, "latin1").catch(() => "");
  const [header, ...lines] = text.split("\n");
  if (header !== report.columns.map(({ name }) => name).join(",") || lines.pop() !== "") return undefined;
  if (lines.length === 0 || new Set(lines).size < lines.length) return undefined;
  const isId = ({ pseudonymization }: Report["columns"][number]) => pseudonymization === "hash";
  const rows: PlainRow[] = [];
  const partners = new Map<string, string>();
  for (const line of lines) {
    const cells = line.split(",");
    if (cells.length !== report.columns.length) return undefined;
    const isSound = report.columns.every((column, index) => {
      const form = isId(column) || /_id$/.test(column.name) ? plainId : plainForms[column.type];
      return form.test(cells[index] ?? "");
    });
    const ids = report.columns.flatMap((column, index) => (isId(column) ? [cells[index] ?? ""] : []));
    const [one = "", other = ""] = ids;
    for (const [id, partner] of [[one, other] as const, [other, one] as const]) {
      if ((partners.get(id) ?? partner) !== partner) return undefined;
      partners.set(id, partner);
    }
    if (!isSound) return undefined;
    rows.push(Object.fromEntries(report.columns.map(({ name }, index) => [name, cells[index] ?? null])));
  }
  // A text that contains somebody's id would have to be masked.
  const kept = report.columns.filter((column) => !isId(column)).map(({ name }) => name);
  return rows.some((row) => kept.some((name) => partners.has(row[name] ?? ""))) ? undefined : rows;
}

async function write(
  { report, salt, scratch }: EngineTask,
  read: readonly ReadDelivery[],
  rows: readonly (PlainRow & { readonly source: string })[],
  days: ReadonlyMap<string, readonly string[]>,
): Promise<Omit<CleanReading, "read">> {
  const hash = (id: string | null | undefined) =>
    createHash("sha256")
      .update(`${id ?? ""}${salt}`)
      .digest("hex");
  const withPseudonyms = rows.map(({ source, ...row }) => ({
    ...row,
    ...Object.fromEntries(idNames.map((name) => [pseudonymName(name), hash(row[name])])),
    source_file: source,
  }));
  const names = Object.keys(withPseudonyms[0] ?? {});
  const shape = JSON.stringify([Object.fromEntries(names.map((name) => [name, "VARCHAR"]))]);
  const people = path.join(scratch, `${randomUUID()}.parquet`);
  const duck = await sharedDuck();
  return duck.session(async (session) => {
    await session.query(
      `CREATE OR REPLACE TEMP TABLE plain_rows AS
       SELECT unnest(from_json($1::JSON, ${sqlString(shape)}), recursive := true)`,
      [JSON.stringify(withPseudonyms)],
    );
    const columns = [...idNames, ...idNames.map(pseudonymName)].join(", ");
    await session.query(
      `COPY (SELECT DISTINCT ${columns} FROM plain_rows) TO ${sqlString(people)} (FORMAT parquet)`,
    );
    const staged: StagedRows[] = [];
    for (const name of new Set([...days.values()].flat().map((day) => day.slice(0, 7)))) {
      const [year = 0, month = 0] = name.split("-").map(Number);
      const file = await stageDataFile({
        session,
        tablePath: pseudoTable(report),
        columns: pseudoColumns(report),
        query: `FROM plain_rows WHERE starts_with("date", '${name}-')`,
        partitionValues: { year, month },
        scratch,
        exactStatistics: pseudoFiles.exactStatistics,
      });
      const sources = read.flatMap(({ entry: { source, userType } }) => {
        const own = (days.get(source) ?? []).filter((day) => day.startsWith(`${name}-`));
        const bits = own.reduce((sum, day) => sum | dayBit(Number(day.slice(8))), 0);
        return own.length > 0 ? [[source, { userType, rows: own.length, days: bits }] as const] : [];
      });
      if (file) staged.push({ file, year, month, sources: new Map(sources) });
    }
    return { staged, people };
  });
}
