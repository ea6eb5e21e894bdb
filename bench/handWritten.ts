// A script as an engineer would write it: Clever's CSV files into pseudonymized Parquet, with DuckDB. No lookups, no
// log, no checks, no second run.
//   CLEVER_SALT=… node dist/bench/handWritten.js <glob of participation files> <glob of usage files> <folder for the tables>
// An empty glob skips that report.
import { mkdirSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";

async function main(): Promise<void> {
  const [, , participation = "", usage = "", tables = ""] = process.argv;
  const salt = process.env.CLEVER_SALT;
  mkdirSync(tables, { recursive: true });
  const connection = await (await DuckDBInstance.create(":memory:")).connect();

  if (participation !== "")
    await connection.run(`
  COPY (
    SELECT date, sha256(sis_id || '${salt}') AS sis_id_pseudonym,
      sha256(clever_user_id || '${salt}') AS clever_user_id_pseudonym, clever_school_id, school_name,
      active, num_logins, num_resources_accessed, year(date) AS year, month(date) AS month
    FROM read_csv('${participation}', columns = {
      'date': 'DATE', 'sis_id': 'VARCHAR', 'clever_user_id': 'VARCHAR', 'clever_school_id': 'VARCHAR',
      'school_name': 'VARCHAR', 'active': 'BOOLEAN', 'num_logins': 'INTEGER', 'num_resources_accessed': 'INTEGER'
    }, header = true)
  ) TO '${tables}/daily_participation_pseudo' (FORMAT parquet, PARTITION_BY (year, month))`);

  if (usage !== "")
    await connection.run(`
  COPY (
    SELECT date, sha256(sis_id || '${salt}') AS sis_id_pseudonym,
      sha256(clever_user_id || '${salt}') AS clever_user_id_pseudonym, clever_school_id, school_name,
      resource_type, resource_name, resource_id, num_access, year(date) AS year, month(date) AS month
    FROM read_csv('${usage}', columns = {
      'date': 'DATE', 'sis_id': 'VARCHAR', 'clever_user_id': 'VARCHAR', 'clever_school_id': 'VARCHAR',
      'school_name': 'VARCHAR', 'resource_type': 'VARCHAR', 'resource_name': 'VARCHAR', 'resource_id': 'VARCHAR',
      'num_access': 'INTEGER'
    }, header = true)
  ) TO '${tables}/resource_usage_pseudo' (FORMAT parquet, PARTITION_BY (year, month))`);
}

void main();
