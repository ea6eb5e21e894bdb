import { maskText, textKindOf } from "../../clever/maskedText";
import { keptTexts, type Report, type ReportColumn } from "../../clever/reports";
import { type DuckSession, sqlName } from "../../duck/duck";

/**
 * The kept texts of a relation in a form that does not depend on which ids were known when a part of them was masked: all
 * that may be an id is masked. A landed text and what a run made of it have the same form.
 */
export interface ComparableTexts {
  /** The comparable form of a column, from its value as an SQL expression. */
  valueOf(column: Pick<ReportColumn, "name">, value: string): string;
}

/** What may be an id, or was one: other texts have themselves as their form. */
const tellsSomething = "[\\pN@%/?=&#:;._-]";

/**
 * Makes the comparable forms of the different kept texts of a relation.
 *
 * @param relation a table, or a SELECT in brackets, with the report's kept columns
 * @param table the engine's temporary table to put them into
 */
export async function comparableTexts(
  session: DuckSession,
  report: Report,
  relation: string,
  table: string,
  signal: AbortSignal | undefined,
): Promise<ComparableTexts> {
  const kept = keptTexts(report);
  const forms: { place: number; text: string; form: string }[] = [];
  for (const [place, column] of kept.entries()) {
    const name = sqlName(column.name);
    const rows = await session.query(
      `SELECT DISTINCT ${name} AS text FROM ${relation} texts WHERE regexp_matches(${name}, '${tellsSomething}')`,
      [],
      signal,
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
    signal,
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
