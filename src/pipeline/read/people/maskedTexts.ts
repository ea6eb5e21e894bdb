import { counted } from "../../../basics/counted";
import { maskText, textKindOf } from "../../../clever/maskedText";
import { keptTextColumns, type Report, type ReportColumn } from "../../../clever/reports";
import { type DuckSession, sqlName } from "../../../duck/duck";
import { cellOf, listKeptTexts } from "../csv/distinctTexts";
import type { KnownPeople, ReportPeople } from "./people";

/** A file's kept texts, with people's ids masked. */
export interface MaskedTexts {
  /** The masked value of a kept column of `raw`. */
  valueOf(column: ReportColumn): string;
  /** Notes by file number. */
  readonly notes: ReadonlyMap<number, string>;
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
 * Masks the texts of the session's table `kept_texts`.
 *
 * @param knownPeople the people whose ids may occur; used only if a text contains what may be an id
 */
export async function maskKeptTexts(
  session: DuckSession,
  report: Report,
  knownPeople: KnownPeople,
): Promise<MaskedTexts> {
  const forms = await writeForms(session, report, "kept_texts", "masked_texts", (parts) =>
    knownIdsAmong(session, parts, knownPeople),
  );
  return {
    valueOf: (column) => forms.valueOf(column, cellOf(column)),
    notes: forms.anyMasked ? await notesOn(session, keptTextColumns(report)) : new Map(),
  };
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

async function notesOn(session: DuckSession, kept: readonly ReportColumn[]): Promise<Map<number, string>> {
  const cells = kept.map(
    ({ name }, place) => `SELECT file, raw.rowid AS row_id, place, text
      FROM raw JOIN masked_texts ON place = ${place} AND text = raw.${sqlName(name)}`,
  );
  const counts = await session.query(
    `SELECT file, count(DISTINCT row_id)::INTEGER AS rows, count(DISTINCT {place: place, text: text})::INTEGER AS texts
     FROM (${cells.join(" UNION ALL ")}) GROUP BY file`,
  );
  return new Map(
    counts.map(({ file, rows, texts }) => [
      Number(file),
      `${counted(Number(texts), "text")} in ${counted(Number(rows), "row")} contained a person's id or address, which was masked.`,
    ]),
  );
}
