import { maskText, textKindOf } from "../../clever/maskedText";
import { keptTexts, type ReportColumn } from "../../clever/reports";
import { counted } from "../../counted";
import { type DuckSession, sqlName } from "../../duck/duck";
import type { LakeIds } from "./lakeIds";
import { type LoadedCsv, valueSql } from "./loadCsv";
import type { Persons } from "./persons";
import { selectIds } from "./shiftedRows";

/** A file's kept texts, with people's ids masked. */
export interface MaskedTexts {
  /** The masked value of a kept column of `raw`, as `valueSql` gives it. */
  valueOf(column: ReportColumn): string;
  /** Notes by file number. */
  readonly notes: ReadonlyMap<number, string>;
}

/** The people whose ids may occur in texts. */
export interface KnownPeople {
  /** Those in the run's files of this report, including this one. */
  readonly persons: Persons;
  /** Those of another report of the run. */
  readonly others?: Promise<Persons | undefined> | undefined;
  /** Those that the lake already knew. */
  readonly lakeIds: LakeIds;
  readonly signal?: AbortSignal | undefined;
}

const textsAtOnce = 2_000;

/**
 * Masks the texts of the session's table `kept_texts` (see `readKeptTexts`), each distinct one once. Known ids are
 * those of `people`; the lake's lookup tables are read only if a text contains what may be an id.
 */
export async function maskKeptTexts(
  session: DuckSession,
  loaded: LoadedCsv,
  people: KnownPeople,
): Promise<MaskedTexts> {
  const { persons } = people;
  const kept = keptTexts(persons.report);
  await session.query(
    "CREATE OR REPLACE TEMP TABLE masked_texts (place UTINYINT, text VARCHAR, masked VARCHAR)",
  );
  await session.query(
    `CREATE OR REPLACE TEMP TABLE texts_to_look_at AS SELECT place, text, row_number() OVER () - 1 AS number
     FROM kept_texts WHERE regexp_matches(text, '[\\pN@%/?=&#:;._-]')`,
  );
  const masked = new Set<string | undefined>();
  for (let from = 0, isLast = false; !isLast; from += textsAtOnce) {
    const rows = await session.query(
      `SELECT place, text FROM texts_to_look_at WHERE number >= ${from} AND number < ${from + textsAtOnce}`,
    );
    for (const place of await maskSome(session, kept, rows, people)) masked.add(kept[place]?.name);
    isLast = rows.length < textsAtOnce;
  }
  const place = ({ name }: ReportColumn) => kept.findIndex((column) => column.name === name);
  return {
    valueOf: (column) =>
      masked.has(column.name)
        ? `coalesce((SELECT masked FROM masked_texts WHERE place = ${place(column)} AND text = raw.${sqlName(column.name)}), ${valueSql(column, loaded)})`
        : valueSql(column, loaded),
    notes: masked.size === 0 ? new Map() : await notesOn(session, kept),
  };
}

/** Adds those of the texts that are masked to `masked_texts`; resolves to the numbers of their columns. */
async function maskSome(
  session: DuckSession,
  kept: readonly ReportColumn[],
  rows: readonly Readonly<Record<string, unknown>>[],
  people: KnownPeople,
): Promise<number[]> {
  const texts = rows.flatMap(({ place, text }) => {
    const column = kept[Number(place)];
    return column ? [{ place: Number(place), text: String(text), kind: textKindOf(column) }] : [];
  });
  const candidates = new Set<string>();
  for (const { text, kind } of texts) {
    maskText(text, kind, (id) => {
      candidates.add(id);
      return false;
    });
  }
  const known = await knownOf(session, [...candidates], people);
  const masked = texts.flatMap(({ place, text, kind }) => {
    const result = maskText(text, kind, (id) => known.has(id));
    return result === text ? [] : [{ place, text, masked: result }];
  });
  if (masked.length === 0) return [];
  await session.query(
    `INSERT INTO masked_texts SELECT unnest(from_json($1::JSON,
      '[{"place":"UTINYINT","text":"VARCHAR","masked":"VARCHAR"}]'), recursive := true)`,
    [JSON.stringify(masked)],
  );
  return masked.map(({ place }) => place);
}

/** Those of the lower-case texts that are people's ids. */
async function knownOf(
  session: DuckSession,
  candidates: readonly string[],
  { persons, others, lakeIds, signal }: KnownPeople,
): Promise<ReadonlySet<string>> {
  if (candidates.length === 0) return new Set();
  const further = await others;
  const ids = [
    ...selectIds([persons.table, ...(further ? [further.table] : [])]),
    `FROM ${await lakeIds.table(signal)}`,
  ];
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
