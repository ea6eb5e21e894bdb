import { personColumn } from "../../clever/person";
import { quoted } from "../asset";
import type { LakeAddresses } from "../lakeAddresses";
import { groupViews } from "./groupViews";
import {
  divisionTable,
  gradesTable,
  readStage,
  reportTables,
  type SqlTable,
  sqlTypeOf,
  utf8,
} from "./tables";
import { gradeViews, personViews, questionViews, schemas, studentViews, type View } from "./views";

/** The database name in OEA's queries and Power BI template. */
export const databaseName = "sqls2_clever";
/** In Fabric: the lakehouse with the shortcuts to the tables. */
export const lakehouseName = "clever_lake";
const dataSource = "clever_lake";

/** The scripts for Synapse serverless, by name. */
export function synapseScripts(addresses: LakeAddresses): Record<string, string> {
  return {
    "1-database.sql": script(synapseDatabase(addresses)),
    ...viewScripts(openRowset, [`USE ${databaseName};`]),
  };
}

/** The scripts for the SQL endpoint of Fabric, by name. */
export function fabricScripts(): Record<string, string> {
  const from = ({ name, columns }: SqlTable) =>
    `SELECT ${columns.map((column) => column.name).join(", ")}\nFROM ${lakehouseName}.dbo.${name}`;
  return { "1-schemas.sql": script(schemaStatements()), ...viewScripts(from, []) };
}

function viewScripts(from: (table: SqlTable) => string, first: readonly string[]): Record<string, string> {
  const lake = (table: SqlTable): View => ({
    schema: "lake",
    name: table.name,
    comment: `All rows of ${table.path}.`,
    body: from(table),
  });
  const views = (list: readonly View[]) => script([...first, ...list.map(createView)]);
  return {
    "2-tables.sql": views(reportTables.map(lake)),
    "3-students.sql": views(studentViews),
    "4-questions.sql": views([...personViews, ...questionViews]),
    "5-grades.sql": views([lake(gradesTable), ...gradeViews]),
    "6-groups.sql": script([...first, noGrades, ...[lake(divisionTable), ...groupViews].map(createView)]),
  };
}

/** Replaces `grade_of_person` if no roster was imported. Its texts compare like those of the tables. */
const noGradesQuery = `SELECT ${[personColumn, "grade"]
  .map((name) => `CAST(NULL AS varchar(64)) ${utf8} AS ${name}`)
  .join(", ")} WHERE 1 = 0`;

const noGrades = `-- If 5-grades.sql was not run, nobody has a grade.
IF OBJECT_ID('people.grade_of_person') IS NULL
  EXEC ('CREATE VIEW people.grade_of_person AS ${noGradesQuery}');`;

function createView({ schema, name, comment, body }: View): string {
  return `-- ${comment}\nCREATE OR ALTER VIEW ${schema}.${name} AS\n${body};`;
}

function openRowset({ path, columns }: SqlTable): string {
  const bulk = path.slice(readStage.length + 1);
  const typed = columns.map((column) => `  [${column.name}] ${sqlTypeOf(column)}`);
  return `SELECT *
FROM OPENROWSET(
  BULK '${bulk}',
  DATA_SOURCE = '${dataSource}',
  FORMAT = 'DELTA'
) WITH (
${typed.join(",\n")}
) AS source_rows`;
}

function schemaStatements(): string[] {
  return schemas
    .filter((name) => name !== "dbo")
    .map((name) => `IF SCHEMA_ID('${name}') IS NULL EXEC ('CREATE SCHEMA ${name}');`);
}

function synapseDatabase(addresses: LakeAddresses): string[] {
  return [
    `-- Texts in Delta tables are UTF-8. With another collation, names with accents are garbled and filters read every file.
IF DB_ID('${databaseName}') IS NULL
  CREATE DATABASE ${databaseName} COLLATE Latin1_General_100_BIN2_UTF8;`,
    `USE ${databaseName};`,
    ...schemaStatements(),
    `-- Protects the credential. In Synapse it needs no password.
IF NOT EXISTS (SELECT 1 FROM sys.symmetric_keys WHERE name = '##MS_DatabaseMasterKey##')
  CREATE MASTER KEY;`,
    `-- The workspace's own identity. It needs the role Storage Blob Data Reader on ${readStage}, and on nothing else.
IF NOT EXISTS (SELECT 1 FROM sys.database_scoped_credentials WHERE name = 'workspace_identity')
  CREATE DATABASE SCOPED CREDENTIAL workspace_identity WITH IDENTITY = 'Managed Identity';`,
    `IF NOT EXISTS (SELECT 1 FROM sys.external_data_sources WHERE name = '${dataSource}')
  CREATE EXTERNAL DATA SOURCE ${dataSource} WITH (
    LOCATION = ${quoted(addresses.url(readStage))},
    CREDENTIAL = workspace_identity
  );`,
  ];
}

/** Each statement is its own batch, as CREATE VIEW requires. */
function script(statements: readonly string[]): string {
  return statements.map((statement) => `${statement}\nGO\n`).join("\n");
}
