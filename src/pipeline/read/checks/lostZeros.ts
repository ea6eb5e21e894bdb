import { idNames } from "../../../clever/reports";
import type { DuckSession } from "../../../duck/duck";
import { peopleInFiles } from "../csv/distinctTexts";
import type { ReportPeople } from "../people/people";
import type { Mark } from "./markedRows";

const reason = "The id has lost its leading zeros; the lake or the file has the same person with them";
/** A number without a leading zero. */
const bareNumber = "[1-9][0-9]*";

const [sis, clever] = idNames;
// The comparison is faster, and leaves few where ids begin with zeros or letters.
const isBare = (id: string) => `${id} >= '1' AND ${id} < ':' AND regexp_full_match(${id}, '${bareNumber}')`;

/** A SELECT of the school system ids that lost their leading zeros, with the width that they had. */
function lostZerosSql({ inRun, inLookups }: ReportPeople): string {
  const padded = [peopleInFiles, inRun, inLookups].map(
    (people) => `SELECT ${sis} AS padded, ${clever} AS person FROM ${people} WHERE starts_with(${sis}, '0')`,
  );
  return `WITH bare AS MATERIALIZED (SELECT ${sis} AS id, ${clever} AS person FROM ${peopleInFiles} WHERE ${isBare(sis)})
     SELECT DISTINCT id, length(padded) AS width
     FROM bare JOIN (${padded.join(" UNION ALL ")}) USING (person) WHERE ltrim(padded, '0') = id
     UNION SELECT id, length(${sis}) FROM bare JOIN ${peopleInFiles} ON ltrim(${sis}, '0') = id
     WHERE starts_with(${sis}, '0') AND (person IS NULL OR ${clever} IS NULL)`;
}

/** Whether there is such an id. */
export function anyLostZerosSql(people: ReportPeople): string {
  return `EXISTS (${lostZerosSql(people)})`;
}

/**
 * Finds the rows of the session's `raw` with a school system id that lost its leading zeros. This is certain if the same
 * person, by Clever's id, is known with a zero-padded id: in the lookup table, in the run's other files or in this one.
 * If all such ids have the same width, the file's other shorter numbers lost theirs too.
 */
export async function findLostZeros(session: DuckSession, people: ReportPeople): Promise<Mark[]> {
  await session.query(`CREATE OR REPLACE TEMP TABLE lost_zeros AS ${lostZerosSql(people)}`);
  const { widths, width } = await session.one(
    "SELECT count(DISTINCT width)::INTEGER AS widths, max(width)::INTEGER AS width FROM lost_zeros",
  );
  const shorter = widths === 1 ? `OR (${isBare("id")} AND length(id) < ${Number(width)})` : "";
  return [
    {
      column: sis,
      rows: `SELECT row_id, length(id) AS detail
        FROM (SELECT raw.rowid AS row_id, ${sis} AS id FROM raw)
        WHERE id IN (SELECT id FROM lost_zeros) ${shorter}`,
      reasonOf: (digits) => `${reason} (the cell looks like “${"9".repeat(Math.min(digits, 24))}”).`,
    },
  ];
}
