import { idColumns, pseudonymNames, type Report, type ReportColumn } from "./reports";

/**
 * What a row of a report is about: one person's day, and one resource if the report has resources. Two rows about the
 * same thing are the same row, whatever their other values. Runs and verification use this definition. A preview shows rows as they are
 * and compares none.
 * - The person is Clever's id if the row has one, else the school system's id, which becomes blank when a person
 *   leaves.
 * - The resource is Clever's id if both rows have one, else the name.
 * - Rows of different user types are different rows: a teacher can also be staff.
 * - A row without any id of a person has no key.
 */

const [sis, clever] = pseudonymNames;

/** The pseudonym that identifies the person of a row of a `_pseudo` table; null without any id. */
export const personSql = `coalesce(${clever}, ${sis})`;

/**
 * Pairs of rows with the same key, as SQL conditions on two relations with the columns of a `_pseudo` table. If the
 * report has resources, the relations also have `resource_key`: the resource's name in a form that does not depend on
 * how it was masked. Two names match if they are equal in that form and either equal as they are or at least one of
 * them is masked; two links that were not masked are different resources. Each condition has enough equalities for
 * the engine to join by it. A pair can meet more than one of them.
 * @param marker occurs in masked texts
 */
export function sameRowSql(report: Report, a: string, b: string, marker: string): string[] {
  const day = daysOf(report).map(({ name }) => `${a}."${name}" = ${b}."${name}"`);
  const resource = hasResources(report)
    ? [
        `(${a}.resource_id = ${b}.resource_id OR (${a}.resource_id IS NULL OR ${b}.resource_id IS NULL)
          AND ${a}.resource_key IS NOT DISTINCT FROM ${b}.resource_key
          AND (${a}.resource_name IS NOT DISTINCT FROM ${b}.resource_name OR ${isMasked(`${a}.resource_name`, marker)}
            OR ${isMasked(`${b}.resource_name`, marker)}))`,
      ]
    : [];
  const same = [`${a}.user_type = ${b}.user_type`, ...day, ...resource];
  const ways = [
    [`${a}.${clever} = ${b}.${clever}`],
    [`${a}.${sis} = ${b}.${sis}`, `${a}.${clever} IS NULL`],
    [`${a}.${sis} = ${b}.${sis}`, `${a}.${clever} IS NOT NULL`, `${b}.${clever} IS NULL`],
  ];
  return ways.map((way) => [...way, ...same].join(" AND "));
}

/** A condition that a row of a `_pseudo` relation has no key. */
export function hasNoKeySql(relation: string): string {
  return `${relation}.${clever} IS NULL AND ${relation}.${sis} IS NULL`;
}

/**
 * A condition that two rows have the same values apart from their key. A text that is partly masked in one of them does
 * not count: it depends on which ids were known.
 *
 * @param marker occurs in masked texts
 */
export function sameValuesSql(report: Report, a: string, b: string, marker: string): string {
  const compared = report.columns.filter(
    ({ type, pseudonymization }) => pseudonymization === "no-op" && type !== "date",
  );
  const cells = compared.map(({ name, type }) => {
    const isSame = `${a}.${name} IS NOT DISTINCT FROM ${b}.${name}`;
    if (type !== "string") return isSame;
    return `(${isSame} OR ${isMasked(`${a}.${name}`, marker)} OR ${isMasked(`${b}.${name}`, marker)})`;
  });
  return cells.join(" AND ");
}

function isMasked(cell: string, marker: string): string {
  return `coalesce(contains(${cell}, '${marker}'), false)`;
}

/**
 * The key of a row within one file, from the SQL expressions of its values, and a condition that the row has one. A row
 * without Clever's resource id may be about any resource of that name, so it has no key here.
 */
export function keyInFileSql(
  report: Report,
  valueIn: (column: ReportColumn) => string,
): { readonly key: readonly string[]; readonly hasKey: string } {
  const person = `coalesce(${idColumns.toReversed().map(valueIn).join(", ")})`;
  const resource = report.columns.filter(({ name }) => name === "resource_id").map(valueIn);
  return {
    key: [...daysOf(report).map(valueIn), person, ...resource],
    hasKey: [person, ...resource].map((value) => `${value} IS NOT NULL`).join(" AND "),
  };
}

function daysOf(report: Report): ReportColumn[] {
  return report.columns.filter(({ type }) => type === "date");
}

export function hasResources(report: Report): boolean {
  return report.columns.some(({ name }) => name === "resource_id");
}
