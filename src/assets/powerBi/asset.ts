import { groupsTable } from "../../clever/layout";
import { type Asset, type AssetFile, jsonFile } from "../asset";
import { databaseName } from "../sql/scripts";
import { pbirFiles } from "./pbir";
import { tmdlFiles } from "./tmdl";

const project = "Clever Usage";
const folder = "power-bi";
const modelFolder = `${project}.SemanticModel`;
const reportFolder = `${project}.Report`;
const pbip = `${folder}/${project}.pbip`;
/** A placeholder for the user to replace. */
const endpoint = "WORKSPACE-ondemand.sql.azuresynapse.net";

const schemas = "https://developer.microsoft.com/json-schemas/fabric";

/** A Power BI project on the SQL views: semantic model and report, as text. */
export const powerBiAsset: Asset = { name: "power-bi", title: "Power BI project", files, guide };

function files(): AssetFile[] {
  const model = tmdlFiles({ endpoint, database: databaseName });
  return [
    jsonFile(pbip, {
      $schema: `${schemas}/pbip/pbipProperties/1.0.0/schema.json`,
      version: "1.0",
      artifacts: [{ report: { path: reportFolder } }],
      settings: { enableAutoRecovery: true },
    }),
    jsonFile(`${folder}/${modelFolder}/definition.pbism`, {
      $schema: `${schemas}/item/semanticModel/definitionProperties/1.0.0/schema.json`,
      version: "4.2",
      settings: {},
    }),
    ...Object.entries(model).map(([name, content]) => ({
      path: `${folder}/${modelFolder}/definition/${name}`,
      content,
    })),
    ...Object.entries(pbirFiles(modelFolder)).map(([name, value]) =>
      jsonFile(`${folder}/${reportFolder}/${name}`, value),
    ),
  ];
}

function guide(): string {
  return `A semantic model and a report with two pages, *Usage Summary* and *Questions*, on the SQL views. Create those first: see
*SQL views* (\`--only sql\`).

1. Run \`clever-lake groups\`, or *Clever: Update the Table of Groups* in VS Code, then run \`6-groups.sql\` of the SQL views.
   The command writes the division of people into groups to \`${groupsTable}\`; the measures need it. With \`groupsTable\` in the
   configuration or in VS Code's settings, each run keeps it up to date.
2. On Windows, install Power BI Desktop of 2025 or newer. If it opens projects as a preview feature only, enable
   *Power BI Project (.pbip)*, *TMDL* and *PBIR* under *Options*, *Preview features*.
3. Open \`${pbip}\`.
4. *Transform data*, *Edit parameters*: \`SqlEndpoint\` is the serverless endpoint of your Synapse workspace, or the SQL
   endpoint of Fabric. Both products show it in the workspace's or warehouse's settings. \`Database\` is \`${databaseName}\`.
5. *Refresh*, and sign in with *Microsoft account*. The tables \`Person\`, \`Resource\` and \`Date\` are derived from the two reports.
   Without a roster, everybody is *Without a grade*.
6. *Publish*.

The report shows students until you change the filter *user_type* of the whole report.

| OEA's page | here | differences |
| --- | --- | --- |
| card *Student Count* | *Student Count* | a person is Clever's id, or the school system's in rows without one; OEA counts the school system's ids only |
| card *Day Count* | *Day Count* | |
| *Student App Use and Logins by School* | the same | |
| *Top Resources Used by Students per School* | the same | people as above |
| *Students Clever Logins and Usage Over Time* | the same | |
| *Top Apps Used* | the same | rows with any id of a person |
| filters for app, school and date | the same, and people | school and date filter both reports; OEA's filter one table each. The app filters resource usage only |

All numbers are about whole groups (see below); OEA's are about everybody. *Questions* has the questions of OEA's module:
distinct resources per day, distinct resources per student by grade and by school, and the resources of each person.
Every measure has its definition as its description.

**The rule of groups.** People are divided once into groups of at least \`minimumGroupSize\` people, by school, user type and
grade. Every measure counts the groups that the filter includes completely, on the days on which enough of their people are in
the reports. Groups that a filter splits are suppressed; *Suppressed groups* shows how many. Run \`clever-lake groups\` after
each run: new days and people of a new school, or of one with a new name, count only after that. If the group of a grade contains a few students without a
grade, the dashboard counts them with that grade, and these measures suppress that grade. No number is about one person, so the table of each
person's resources is empty unless \`minimumGroupSize\` is 0 or 1.

**What Power BI does not prevent.** The rule is in the measures. Anyone who may build on the model, or analyze it in
Excel, can write measures without it, and can look at single rows of pseudonyms: hidden columns are still accessible.
So give readers only the published report, without *Build* permission. A count of people below the minimum group size
is shown exactly; the dashboard shows \`<10\`. Reports of different refreshes can be subtracted, and the difference
can be about fewer people. The role *One school* is an example of row-level security: put a school's name into it. It
applies only to readers of the published report, not to people who may edit it. Power BI is not case-sensitive, so two
resources whose names differ only in case count as one. A renamed school counts under its current name.

**How this was checked.** Microsoft's own library for semantic models (in \`@microsoft/powerbi-modeling-mcp\` 0.5.0-beta.13)
loads the model and lists every table, column, measure and relationship as intended. It rejects the model with one
misspelt word. Every JSON file of the project is valid against Microsoft's published schemas, and each field that a visual
names is in the model. Every measure was evaluated over a sample lake by an independent engine of DAX (\`pbix-mcp\` 0.9.149),
for all students and by school, day and resource. With a minimum group size of 0, the results match the SQL views; with 0
and with 10, they match the dashboard's engine. DAX parses with \`pbi_parsers\`, and M with Microsoft's own parser
(\`@microsoft/powerquery-parser\` 2.0.0); the queries in M were not run. The tables that are computed in DAX (\`Person\`,
\`Resource\`, \`Date\`) were only parsed. The project was not opened in Power BI Desktop, no measure was evaluated there, and no
query was run against Synapse or Fabric.`;
}
