import { personColumn, withPerson } from "../../clever/person";
import { type UserType, userTypes, userTypeValue } from "../../clever/reports";
import { type DuckSession, sqlFile, sqlName, sqlString } from "../../duck/duck";
import type { ParticipationIndex } from "./participationIndex";

/**
 * The numbers used in the index. They are assigned in order and never change, so that segments made with an older
 * state stay valid: a later state only appends.
 */
export type Dictionary = Pick<ParticipationIndex, "people" | "cohorts" | "resources" | "members">;

export const emptyDictionary: Dictionary = {
  people: 0,
  cohorts: [],
  resources: [],
  members: { person: new Uint32Array(), cohort: new Uint32Array() },
};

/**
 * Who the rows of a build are about: each cohort's members, then its rows without a person. Ascending by cohort and
 * member.
 */
export interface Seats {
  readonly cohort: Uint32Array;
  /** `nobody` for rows without a person. */
  readonly member: Uint32Array;
}
export const nobody = 0xffffffff;

/** A teacher may have a student's number, but no grade. */
const grade = `CASE WHEN found.user_type = ${sqlString(userTypeValue.students)} THEN people.grade END`;

/** The dictionary's tables in a session: `people`, `cohorts`, `members` and `resources`, all of them temporary. */
export class DictionaryTables {
  private constructor(
    private readonly session: DuckSession,
    private known: Dictionary,
  ) {}

  /** Creates the tables from the dictionary `known`; `people` is the file that `save` wrote with it. */
  static async open(
    session: DuckSession,
    known: Dictionary,
    people: string | undefined,
  ): Promise<DictionaryTables> {
    const statements = [
      "CREATE OR REPLACE TEMP TABLE people (person UINTEGER, pseudonym VARCHAR, grade VARCHAR)",
      "CREATE OR REPLACE TEMP TABLE members (member UINTEGER, person UINTEGER, cohort UINTEGER)",
      "CREATE OR REPLACE TEMP TABLE cohorts (cohort UINTEGER, school_name VARCHAR, user_type VARCHAR, grade VARCHAR)",
      "CREATE OR REPLACE TEMP TABLE resources (resource UINTEGER, id VARCHAR, name VARCHAR, type VARCHAR)",
      ...(people ? [`INSERT INTO people SELECT * FROM read_parquet(${sqlFile(people)})`] : []),
    ];
    for (const sql of statements) await session.query(sql);
    const tables = new DictionaryTables(session, known);
    await tables.insert(
      "cohorts",
      known.cohorts.map(({ school, userType, grade }) => [school, userTypeValue[userType], grade]),
    );
    await tables.insert(
      "resources",
      known.resources.map(({ id, name, type }) => [id, name, type]),
    );
    const { person, cohort } = known.members;
    await tables.insert(
      "members",
      Array.from(person, (number, at) => [number, cohort[at] ?? null]),
    );
    return tables;
  }

  /**
   * Assigns numbers to everybody who is new, and makes the session table `seats`, in which the rows of a build are looked
   * up: `seat` is the place in the returned arrays. Grades come from the session table `grades`, people from `joined_ids`.
   *
   * @param ids SELECTs as `MonthIds` returns them
   */
  async seat(ids: readonly string[]): Promise<Seats> {
    if (ids.length === 0) return { cohort: new Uint32Array(), member: new Uint32Array() };
    const counted = ids.map((each) => `SELECT * FROM (${each}) WHERE counts`).join(" UNION ALL ");
    const statements = [
      `CREATE OR REPLACE TEMP TABLE seen AS SELECT DISTINCT ${personColumn} AS pseudonym, school_name, user_type
       FROM (${withPerson(counted, "joined_ids")})`,
      `INSERT INTO people SELECT ${numberIn("people", "pseudonym")}, pseudonym, grade
       FROM (SELECT DISTINCT pseudonym FROM seen WHERE pseudonym IS NOT NULL) found ANTI JOIN people USING (pseudonym)
       LEFT JOIN grades USING (pseudonym)`,
      `CREATE OR REPLACE TEMP TABLE graded AS SELECT found.*, people.person, ${grade} AS grade
       FROM seen found LEFT JOIN people USING (pseudonym)`,
      `INSERT INTO cohorts SELECT ${numberIn("cohorts", "user_type, school_name, grade")}, school_name, user_type, grade
       FROM (SELECT DISTINCT school_name, user_type, grade FROM graded) found
       WHERE NOT EXISTS (SELECT 1 FROM cohorts WHERE ${same("found", "cohorts", cohortColumns)})`,
      `CREATE OR REPLACE TEMP TABLE placed AS SELECT found.*, cohorts.cohort
       FROM graded found JOIN cohorts ON ${same("found", "cohorts", cohortColumns)}`,
      `INSERT INTO members SELECT ${numberIn("members", "cohort, person")}, person, cohort
       FROM (SELECT person, cohort FROM placed WHERE person IS NOT NULL) found ANTI JOIN members USING (person, cohort)`,
      `CREATE OR REPLACE TEMP TABLE seats AS
       SELECT (row_number() OVER (ORDER BY found.cohort, member NULLS LAST) - 1)::UINTEGER AS seat,
         found.cohort, coalesce(member, ${nobody})::UINTEGER AS member, pseudonym, school_name, user_type
       FROM placed found LEFT JOIN members ON members.person = found.person AND members.cohort = found.cohort`,
      ...["seen", "graded", "placed"].map((table) => `DROP TABLE ${table}`),
    ];
    for (const sql of statements) await this.session.query(sql);
    const columns = { cohort: "UINTEGER", member: "UINTEGER" } as const;
    return this.session.columns("SELECT cohort, member FROM seats ORDER BY seat", columns, "seats");
  }

  /** Assigns numbers to resources that are new; `used` is a SELECT of (`id`, `name`, `type`). */
  async addResources(used: string): Promise<void> {
    await this.session.query(
      `INSERT INTO resources SELECT ${numberIn("resources", "name, type, id")}, id, name, type
       FROM (SELECT DISTINCT * FROM (${used})) found
       WHERE NOT EXISTS (SELECT 1 FROM resources WHERE ${same("found", "resources", ["id", "name", "type"])})`,
    );
  }

  /** The current dictionary. */
  async read(): Promise<Dictionary> {
    const { known, session } = this;
    const [counts] = await session.query("SELECT count(*)::INTEGER AS people FROM people");
    const cohorts = await session.query(
      `SELECT school_name, user_type, grade FROM cohorts WHERE cohort >= ${known.cohorts.length} ORDER BY cohort`,
    );
    const resources = await session.query(
      `SELECT id, name, type FROM resources WHERE resource >= ${known.resources.length} ORDER BY resource`,
    );
    const members = await session.columns(
      `SELECT person, cohort FROM members WHERE member >= ${known.members.person.length} ORDER BY member`,
      { person: "UINTEGER", cohort: "UINTEGER" },
      "members",
    );
    this.known = {
      people: Number(counts?.people),
      cohorts: [
        ...known.cohorts,
        ...cohorts.map((row) => ({
          school: text(row.school_name),
          userType: userTypeOf(row.user_type),
          grade: text(row.grade),
        })),
      ],
      resources: [
        ...known.resources,
        ...resources.map((row) => ({ id: text(row.id), name: text(row.name), type: text(row.type) })),
      ],
      members: {
        person: joined(known.members.person, members.person),
        cohort: joined(known.members.cohort, members.cohort),
      },
    };
    return this.known;
  }

  /** Writes the people to a Parquet file, from which the next build continues. */
  async save(file: string): Promise<void> {
    const people = "SELECT * FROM people ORDER BY person";
    await this.session.query(`COPY (${people}) TO ${sqlString(file)} (FORMAT parquet)`);
  }

  private async insert(table: string, rows: readonly (readonly (string | number | null)[])[]): Promise<void> {
    // As one JSON text: parsing a list of thousands of literals would take longer than everything else.
    const [width = 0] = rows.map((row) => row.length);
    if (rows.length === 0) return;
    const cells = Array.from({ length: width }, (_, index) => `entry[${index + 1}]`);
    await this.session.query(
      `INSERT INTO ${sqlName(table)} SELECT (number - 1)::UINTEGER, ${cells.join(", ")}
       FROM (SELECT unnest(from_json($1, '[["VARCHAR"]]')) AS entry, unnest(range(1, ${rows.length + 1})) AS number)`,
      [JSON.stringify(rows)],
    );
  }
}

const cohortColumns = ["school_name", "user_type", "grade"];

/** The numbers of rows to append to a table, in an order. */
function numberIn(table: string, order: string): string {
  return `((SELECT count(*) FROM ${table}) + row_number() OVER (ORDER BY ${order}) - 1)::UINTEGER`;
}

function same(left: string, right: string, columns: readonly string[]): string {
  return columns.map((column) => `${left}.${column} IS NOT DISTINCT FROM ${right}.${column}`).join(" AND ");
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function userTypeOf(value: unknown): UserType {
  const found = userTypes.find((userType) => userTypeValue[userType] === value);
  if (found === undefined) throw new RangeError("a row of no known user type came into the index");
  return found;
}

function joined(first: Uint32Array, second: Uint32Array): Uint32Array {
  const all = new Uint32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
