import { personPseudonyms, type Report } from "../clever/reports";
import { type DuckSession, sqlName } from "../duck/duck";

/**
 * Finds rows that tell of the same person's day (and resource), as pairs `row_id`, `source`, `going` in the session's
 * temporary table `repeats`; `differs` where they do not tell the same of it.
 *
 * Clever's own ids tell where both rows have them: the school system's is blanked when a person leaves, and a resource's
 * name may change. Rows of nobody are the same where all that they tell is, each with one of the others'; people who left
 * look alike, so that alone says nothing of two files: they count where the files have other rows in common, or one of
 * them has none of anybody on these days.
 *
 * @param mine a SELECT of the table's columns and `row_id`
 * @param other a SELECT of the table's columns and `going`, read more than once
 */
export async function findSameRows(
  session: DuckSession,
  report: Report,
  mine: string,
  other: string,
  signal?: AbortSignal,
): Promise<void> {
  const ids = personPseudonyms(report).map(sqlName);
  await session.query(`CREATE OR REPLACE TEMP TABLE mine AS ${mine}`, [], signal);
  await session.query(
    `CREATE OR REPLACE TEMP TABLE repeats AS
     WITH other AS NOT MATERIALIZED (${other}) ${pairsOfPeople(report, ids).join(" UNION ALL ")}`,
    [],
    signal,
  );
  const nobody = ids.map((id) => `${id} IS NULL`).join(" AND ");
  const { some } = await session.one(`SELECT EXISTS (FROM mine WHERE ${nobody}) AS some`, [], signal);
  if (some === true) {
    const pairs = pairsOfNobody(report, nobody);
    await session.query(`INSERT INTO repeats WITH other AS NOT MATERIALIZED (${other}) ${pairs}`, [], signal);
  }
  await session.query("DROP TABLE mine", [], signal);
}

const pairOf = (mine: string, other: string, differs: string) =>
  `SELECT mine.row_id, other.source_file AS source, other.going, ${differs} AS differs FROM ${mine} mine JOIN ${other} other ON`;
const sameKind = ["mine.user_type = other.user_type", "mine.source_file <> other.source_file"];

/** One SELECT for each way in which two rows can be of one person's; each equates enough for the engine to join by it. */
function pairsOfPeople(report: Report, [clever = "", ...further]: readonly string[]): string[] {
  const days = daysOf(report).map((day) => `mine.${day} = other.${day}`);
  const sameResource = `(mine.resource_id = other.resource_id
    OR (mine.resource_id IS NULL OR other.resource_id IS NULL)
      AND mine.resource_name IS NOT DISTINCT FROM other.resource_name)`;
  const resource = report.columns.some(({ name }) => name === "resource_id") ? [sameResource] : [];
  const ways = [
    [`mine.${clever} = other.${clever}`],
    ...further.flatMap((id) => [
      [`mine.${id} = other.${id}`, `mine.${clever} IS NULL`],
      [`mine.${id} = other.${id}`, `mine.${clever} IS NOT NULL`, `other.${clever} IS NULL`],
    ]),
  ];
  const differs = toldCells(report).map((cell) => `mine.${cell} IS DISTINCT FROM other.${cell}`);
  return ways.map(
    (way) =>
      `${pairOf("mine", "other", `(${differs.join(" OR ")})`)} ${[...way, ...days, ...resource, ...sameKind].join(" AND ")}`,
  );
}

function pairsOfNobody(report: Report, nobody: string): string {
  const cells = toldCells(report);
  const alike = cells.map((cell) => `mine.${cell} IS NOT DISTINCT FROM other.${cell}`);
  const days = daysOf(report).join(", ");
  // Old rows that go and new ones are counted apart, since both may be a row's.
  return `, telling AS (SELECT source, going FROM repeats
      UNION SELECT source_file, going FROM other WHERE (${days}) IN (SELECT (${days}) FROM mine)
        GROUP BY source_file, going HAVING bool_and(${nobody}) OR NOT EXISTS (FROM mine WHERE NOT (${nobody}))),
    ours AS (SELECT *, row_number() OVER (PARTITION BY ${cells.join(", ")} ORDER BY row_id) AS nth
      FROM mine WHERE ${nobody}),
    theirs AS (SELECT other.*, row_number() OVER (
        PARTITION BY other.user_type, other.going, ${cells.map((cell) => `other.${cell}`).join(", ")}
        ORDER BY other.source_file) AS nth
      FROM other SEMI JOIN telling ON telling.source = other.source_file AND telling.going = other.going
      WHERE ${nobody})
    ${pairOf("ours", "theirs", "false")} mine.nth = other.nth AND ${[...alike, ...sameKind].join(" AND ")}`;
}

/** The columns with what a row tells of its person. */
function toldCells(report: Report): string[] {
  const told = report.columns.filter(({ pseudonymization }) => pseudonymization === "no-op");
  return told.map(({ name }) => sqlName(name));
}

function daysOf(report: Report): string[] {
  return report.columns.filter(({ type }) => type === "date").map(({ name }) => sqlName(name));
}
