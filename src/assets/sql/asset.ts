import type { Asset } from "../asset";
import type { LakeAddresses } from "../lakeAddresses";
import { groupViews } from "./groupViews";
import { databaseName, fabricScripts, lakehouseName, synapseScripts } from "./scripts";
import { divisionTable, gradesTable, readStage, reportTables } from "./tables";
import { gradeViews, questionViews, type View } from "./views";

const title = "SQL views";

/** Views of the lake for Synapse serverless and Fabric's SQL endpoint. */
export const sqlAsset: Asset = {
  name: "sql",
  title,
  files: (addresses) => [
    ...filesIn("sql/synapse", synapseScripts(addresses)),
    ...filesIn("sql/fabric", fabricScripts()),
  ],
  guide,
};

function filesIn(folder: string, scripts: Readonly<Record<string, string>>) {
  return Object.entries(scripts).map(([name, content]) => ({ path: `${folder}/${name}`, content }));
}

const listed = (views: readonly View[]) =>
  views.map(({ schema, name, comment }) => `| \`${schema}.${name}\` | ${comment} |`).join("\n");

function readerInSynapse({ oneLake, account }: LakeAddresses): string {
  return oneLake
    ? `Let the workspace's managed identity read \`${readStage}\` in \`${oneLake.item}\` by a role of OneLake security, and nothing
   else there.`
    : `Give the workspace's managed identity the role *Storage Blob Data Reader* on the container \`${readStage}\` of the storage
   account \`${account}\`, and on no other container.`;
}

function shortcuts({ oneLake }: LakeAddresses): string {
  return oneLake
    ? `In it, *New shortcut*, *Microsoft OneLake*, and choose \`${oneLake.item}\` of the workspace \`${oneLake.workspace}\`.`
    : `In it, *New shortcut*, *Azure Data Lake Storage Gen2*, with an identity that has the role *Storage Blob Data Reader* on
   \`${readStage}\` only.`;
}

function guide(addresses: LakeAddresses): string {
  return `Views in four schemas. \`lake\` has every row of the tables. \`dbo\` has students only, with the names and columns of
OEA's own module. \`people\` identifies the person of each row, and \`questions\` has answers:

| view | content |
| --- | --- |
${listed([...questionViews, ...gradeViews, ...groupViews])}

Nothing is suppressed for small groups: anyone who may read these views can read \`${readStage}\` row by row.

**In Synapse (serverless SQL pool)**

1. ${readerInSynapse(addresses)}
2. Open Synapse Studio, *Develop*, *+*, *SQL script*. Choose the pool *Built-in* and the database *master*.
3. Paste \`sql/synapse/1-database.sql\` and run it. It creates the database \`${databaseName}\`. If OEA created a database of this
   name, it stays, and the schemas are added to it.
4. Run \`2-tables.sql\`, \`3-students.sql\` and \`4-questions.sql\` in the same way. Each can be run again. If OEA created
   \`${databaseName}\`, \`3-students.sql\` replaces its two views of everybody with views of students.
   The views need both reports: until a file of each was pseudonymized, a table is missing, and these scripts end with an error.
5. If you have imported a roster, run \`5-grades.sql\` too. Before the import it ends with an error, because
   \`${gradesTable.path}\` does not exist yet.
6. For the Power BI project: run \`clever-lake groups\`, then run \`6-groups.sql\`. It reads \`${divisionTable.path}\`.
7. Check the result: \`SELECT * FROM ${databaseName}.questions.summary;\`
8. For each reader: \`CREATE USER [name@district.org] FROM EXTERNAL PROVIDER\`,
   \`GRANT REFERENCES ON DATABASE SCOPED CREDENTIAL::workspace_identity TO [name@district.org]\` and
   \`GRANT SELECT ON SCHEMA::questions TO [name@district.org]\`. Grant the other schemas only to people who may read rows.
   Anyone who may also use OPENROWSET can read all of \`${readStage}\` with this credential.

**In Fabric**

1. Create a lakehouse named \`${lakehouseName}\`. Do not enable schemas for it, so that its tables are in \`dbo\`.
2. ${shortcuts(addresses)} Directly below *Tables*, create a
   shortcut to each folder, and keep its name:
${[...reportTables, gradesTable, divisionTable].map((each) => `   - \`${addresses.url(each.path)}\``).join("\n")}
3. Create a warehouse named \`${databaseName}\` in the same workspace, and open a new SQL query in it.
4. Run the scripts of \`sql/fabric\` one after the other, \`5-grades.sql\` only after a roster was
   imported, \`6-groups.sql\` only after \`clever-lake groups\` was run.

**How this was checked.** Every script is parsed with sqlfluff (dialect T-SQL). The SELECT of each view was run in DuckDB over
a sample lake, with OPENROWSET replaced by the lake's tables with the declared types, and gives the numbers of a separate
computation. No script was run in Synapse or in Fabric.`;
}
