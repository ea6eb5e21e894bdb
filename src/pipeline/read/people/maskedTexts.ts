import { rm } from "node:fs/promises";
import { counted } from "../../../basics/counted";
import { pseudoTable } from "../../../clever/layout";
import { maskText, textKindOf } from "../../../clever/maskedText";
import { keptTextColumns, pseudoColumns, type Report, type ReportColumn } from "../../../clever/reports";
import { stageDataFile } from "../../../delta/files/dataFile";
import { type DuckSession, sqlFiles, sqlName } from "../../../duck/duck";
import { pseudoFiles } from "../../write/tables";
import { listKeptTexts } from "../csv/distinctTexts";
import type { StagedRows } from "../stageRows";
import type { KnownPeople, ReportPeople } from "./people";

/** Staged rows, with people's ids masked in their kept texts. */
export interface MaskedRows {
  readonly staged: readonly StagedRows[];
  /** Notes by source. */
  readonly notes: ReadonlyMap<string, string>;
}

/** Kept texts in a form in which ids and addresses of people are masked. */
export interface TextForms {
  /** Whether any text differs from its form. */
  readonly anyMasked: boolean;
  /** The form of a column's text, as an SQL expression. */
  valueOf(column: Pick<ReportColumn, "name">, text: string): string;
}

/** Matches texts that may contain an id or a marker; all others are their own form. */
const mayIdentify = "[\\pN@%/?=&#:;._-]";
const textsPerBatch = 2_000;
/** What the table of forms is created from. */
const formsSql = `SELECT unnest(from_json($1::JSON,
  '[{"place":"UTINYINT","text":"VARCHAR","form":"VARCHAR"}]'), recursive := true)`;

/**
 * Writes those of some kept texts that differ from their form into a temporary table.
 *
 * @param texts a table of distinct texts, as `listKeptTexts` writes it
 * @param idsAmong selects people's ids from lower-case parts of the texts; default: all may be ids
 */
async function writeForms(
  session: DuckSession,
  report: Report,
  texts: string,
  table: string,
  idsAmong?: (parts: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<TextForms> {
  const kept = keptTextColumns(report);
  const masked = new Set<string | undefined>();
  for (let last: number | undefined = -1; last !== undefined; ) {
    const rows = await session.query(
      `SELECT rowid::INTEGER AS row_id, place, text FROM ${texts} WHERE rowid > ${last}
         AND regexp_matches(text, '${mayIdentify}') ORDER BY rowid LIMIT ${textsPerBatch}`,
    );
    last = rows.length < textsPerBatch ? undefined : Number(rows.at(-1)?.row_id);
    const candidates = rows.flatMap(({ place, text }) => {
      const column = kept[Number(place)];
      return column ? [{ place: Number(place), text: String(text), kind: textKindOf(column) }] : [];
    });
    const parts = new Set<string>();
    for (const { text, kind } of idsAmong ? candidates : []) {
      maskText(text, kind, (part) => {
        parts.add(part);
        return false;
      });
    }
    const ids = await idsAmong?.([...parts]);
    const forms = candidates.flatMap(({ place, text, kind }) => {
      const form = maskText(text, kind, (part) => ids?.has(part) ?? true);
      return form === text ? [] : [{ place, text, form }];
    });
    if (forms.length === 0) continue;
    const into = masked.size === 0 ? `CREATE OR REPLACE TEMP TABLE ${table} AS` : `INSERT INTO ${table}`;
    await session.query(`${into} ${formsSql}`, [JSON.stringify(forms)]);
    for (const { place } of forms) masked.add(kept[place]?.name);
  }
  return {
    anyMasked: masked.size > 0,
    valueOf: ({ name }, text) => {
      if (!masked.has(name)) return text;
      const place = kept.findIndex((column) => column.name === name);
      return `coalesce((SELECT form FROM ${table} WHERE place = ${place} AND text = ${text}), ${text})`;
    },
  };
}

/**
 * Creates the forms of a relation's kept texts that do not depend on which ids were known when they were masked:
 * everything that may be an id is masked. A landed text and its masked version have the same form.
 *
 * @param relation a table, or a SELECT in brackets, with the report's kept columns
 * @param table the temporary table to write them to
 */
export async function comparableForms(
  session: DuckSession,
  report: Report,
  relation: string,
  table: string,
): Promise<TextForms> {
  await listKeptTexts(session, report, relation, "texts_to_compare");
  return writeForms(session, report, "texts_to_compare", table);
}

/**
 * Masks people's ids in the kept texts of staged rows: a file with such texts is written again. Called when everybody in
 * the files of these rows is known, so that the order in which they were read does not matter.
 *
 * @param knownPeople the people whose ids may occur; used only if a text contains what may be an id
 */
export async function maskStaged(
  session: DuckSession,
  report: Report,
  staged: readonly StagedRows[],
  { knownPeople, scratch }: { readonly knownPeople: KnownPeople; readonly scratch: string },
): Promise<MaskedRows> {
  if (staged.length === 0) return { staged, notes: new Map() };
  const rows = rowsOf(staged.map(({ file }) => file.localPath));
  await listKeptTexts(session, report, rows, "staged_texts");
  const forms = await writeForms(session, report, "staged_texts", "masked_texts", (parts) =>
    knownIdsAmong(session, parts, knownPeople),
  );
  if (!forms.anyMasked) return { staged, notes: new Map() };
  const kept = keptTextColumns(report);
  const { names, notes } = await maskedCells(session, kept, rows);
  const values = kept.map((column) => {
    const name = sqlName(column.name);
    return `${forms.valueOf(column, `rows_.${name}`)} AS ${name}`;
  });
  const masked: StagedRows[] = [];
  for (const each of staged) {
    const { localPath, name, partitionValues } = each.file;
    const file = names.has(name)
      ? await stageDataFile({
          session,
          tablePath: pseudoTable(report),
          columns: pseudoColumns(report),
          query: `SELECT * REPLACE (${values.join(", ")}) FROM ${rowsOf([localPath])} rows_ ORDER BY file_row_number`,
          partitionValues,
          scratch,
          exactStatistics: pseudoFiles.exactStatistics,
        })
      : undefined;
    if (file) await rm(localPath, { force: true });
    masked.push(file ? { ...each, file } : each);
  }
  return { staged: masked, notes };
}

/** A relation of the rows in local data files, with their places. */
function rowsOf(localPaths: readonly string[]): string {
  return `read_parquet(${sqlFiles(localPaths)}, hive_partitioning = false, filename = true, file_row_number = true)`;
}

/** Those of the lower-case texts that are ids of the people. */
export async function knownIdsAmong(
  session: DuckSession,
  candidates: readonly string[],
  people: KnownPeople | ReportPeople,
): Promise<ReadonlySet<string>> {
  if (candidates.length === 0) return new Set();
  const ids = await people.idSelects();
  // Trimming costs several times the join, and hardly any id has a blank.
  const rows = await session.query(
    `SELECT DISTINCT candidate FROM (SELECT unnest(from_json($1::JSON, '["VARCHAR"]')) AS candidate)
     SEMI JOIN (${ids.join(" UNION ALL ")}) ON CASE WHEN contains(id, ' ') THEN lower(trim(id)) ELSE lower(id) END = candidate`,
    [JSON.stringify(candidates)],
  );
  return new Set(rows.map((row) => String(row.candidate)));
}

/** The names of the data files with texts in `masked_texts`, and notes that count these texts by source. */
async function maskedCells(
  session: DuckSession,
  kept: readonly ReportColumn[],
  rows: string,
): Promise<{ readonly names: ReadonlySet<string>; readonly notes: MaskedRows["notes"] }> {
  const cells = kept.map(
    ({ name }, place) => `SELECT parse_filename(filename) AS file, file_row_number, source_file, place, text
      FROM ${rows} rows_ JOIN masked_texts ON place = ${place} AND text = rows_.${sqlName(name)}`,
  );
  const counts = await session.query(
    `SELECT source_file, string_agg(DISTINCT file, '/') AS files,
       count(DISTINCT {file: file, row: file_row_number})::INTEGER AS rows,
       count(DISTINCT {place: place, text: text})::INTEGER AS texts
     FROM (${cells.join(" UNION ALL ")}) GROUP BY source_file`,
  );
  return {
    names: new Set(counts.flatMap(({ files }) => String(files).split("/"))),
    notes: new Map(
      counts.map(({ source_file, rows: count, texts }) => [
        String(source_file),
        `${counted(Number(texts), "text")} in ${counted(Number(count), "row")} contained a person's id or address, which was masked.`,
      ]),
    ),
  };
}
