import { quoted } from "../asset";
import { type ModelColumn, type ModelTable, modelTables, type Relationship, relationships } from "./model";

/**
 * The model in TMDL, Microsoft's text format for semantic models: paths relative to `definition`, with their content.
 */
export function tmdlFiles(parameters: {
  readonly endpoint: string;
  readonly database: string;
}): Record<string, string> {
  return {
    "database.tmdl": text(["database", "\tcompatibilityLevel: 1600"]),
    "model.tmdl": text([
      "model Model",
      "\tculture: en-US",
      "\tdefaultPowerBIDataSourceVersion: powerBI_V3",
      "\tdiscourageImplicitMeasures",
      "\tsourceQueryCulture: en-US",
      "",
      ...modelTables.map(({ name }) => `ref table ${named(name)}`),
      "",
      "ref role 'One school'",
    ]),
    "expressions.tmdl": text([
      "/// The SQL endpoint of Synapse or Fabric",
      parameter("SqlEndpoint", parameters.endpoint),
      "",
      "/// The database with the views",
      parameter("Database", parameters.database),
    ]),
    "relationships.tmdl": text(relationships.flatMap(relationship)),
    "roles/One school.tmdl": text([
      "/// An example: people in this role see only one school. Put the school's name here, and create a role for each school.",
      "role 'One school'",
      "\tmodelPermission: read",
      "",
      '\ttablePermission Cohort = [school_name] = "NAME OF THE SCHOOL"',
    ]),
    ...Object.fromEntries(modelTables.map((table) => [`tables/${table.name}.tmdl`, text(tableLines(table))])),
  };
}

function tableLines({ name, description, columns, measures, isDateTable, source }: ModelTable): string[] {
  return [
    `/// ${description}`,
    `table ${named(name)}`,
    ...(isDateTable ? ["\tdataCategory: Time"] : []),
    "",
    ...measures.flatMap((measure) => [
      `\t/// ${measure.description}`,
      `\tmeasure ${named(measure.name)} = ${measure.expression}`,
      `\t\tformatString: ${measure.format}`,
      "",
    ]),
    ...columns.flatMap((column) => columnLines(column, source.kind)),
    `\tpartition ${named(name)} = ${source.kind === "m" ? "m" : "calculated"}`,
    "\t\tmode: import",
    "\t\tsource =",
    ...source.lines.map((line) => `\t\t\t\t${line}`),
  ];
}

function columnLines({ name, type, hidden, sortedBy, isKey }: ModelColumn, source: "m" | "dax"): string[] {
  return [
    `\tcolumn ${named(name)}`,
    `\t\tdataType: ${type}`,
    ...(hidden ? ["\t\tisHidden"] : []),
    ...(isKey ? ["\t\tisKey"] : []),
    ...(source === "dax" ? ["\t\tisNameInferred"] : []),
    ...(type === "dateTime" ? ["\t\tformatString: yyyy-mm-dd"] : []),
    "\t\tsummarizeBy: none",
    `\t\tsourceColumn: ${source === "dax" ? `[${name}]` : name}`,
    ...(sortedBy === undefined ? [] : [`\t\tsortByColumn: ${named(sortedBy)}`]),
    "",
  ];
}

function relationship({ from, to }: Relationship): string[] {
  const name = `${from[0]} ${to[0]}`;
  const column = ([table, key]: readonly [string, string]) => `${named(table)}.${named(key)}`;
  return [`relationship ${named(name)}`, `\tfromColumn: ${column(from)}`, `\ttoColumn: ${column(to)}`, ""];
}

function parameter(name: string, value: string): string {
  const literal = `"${value.replaceAll('"', '""')}"`;
  return `expression ${name} = ${literal} meta [IsParameterQuery = true, Type = "Text", IsParameterQueryRequired = true]`;
}

/** A name, quoted if necessary. */
function named(name: string): string {
  return /^\w+$/.test(name) ? name : quoted(name);
}

function text(lines: readonly string[]): string {
  return `${lines.join("\n").trimEnd()}\n`;
}
