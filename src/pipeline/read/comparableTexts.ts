import { maskText, textKindOf } from "../../clever/maskedText";
import { keptTexts, type Report, type ReportColumn } from "../../clever/reports";
import { type DuckSession, sqlName } from "../../duck/duck";

/**
 * The kept texts of a relation in a form that does not depend on which ids were known when they were masked: everything
 * that may be an id is masked. A landed text and its masked version have the same form.
 */
export interface ComparableTexts {
  /** The comparable form of a column, from its value as an SQL expression. */
  valueOf(column: Pick<ReportColumn, "name">, value: string): string;
}

/** Matches texts that may contain an id or a marker; all others are their own form. */
const mayIdentify = "[\\pN@%/?=&#:;._-]";

/**
 * Creates the comparable forms of a relation's distinct kept texts.
 *
 * @param relation a table, or a SELECT in brackets, with the report's kept columns
 * @param table the temporary table to write them to
 */
export async function comparableTexts(
  session: DuckSession,
  report: Report,
  relation: string,
  table: string,
): Promise<ComparableTexts> {
  const kept = keptTexts(report);
  const forms: { place: number; text: string; form: string }[] = [];
  for (const [place, column] of kept.entries()) {
    const name = sqlName(column.name);
    const rows = await session.query(
      `SELECT DISTINCT ${name} AS text FROM ${relation} texts WHERE regexp_matches(${name}, '${mayIdentify}')`,
    );
    for (const { text } of rows) {
      const form = maskText(String(text), textKindOf(column), () => true);
      if (form !== text) forms.push({ place, text: String(text), form });
    }
  }
  await session.query(
    `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT unnest(from_json($1::JSON,
      '[{"place":"UTINYINT","text":"VARCHAR","form":"VARCHAR"}]'), recursive := true)`,
    [JSON.stringify(forms)],
  );
  const masked = new Set(forms.map(({ place }) => kept[place]?.name));
  return {
    valueOf: ({ name }, value) => {
      if (!masked.has(name)) return value;
      const place = kept.findIndex((column) => column.name === name);
      return `coalesce((SELECT form FROM ${table} WHERE place = ${place} AND text = ${value}), ${value})`;
    },
  };
}
