import { gradeOrder } from "../../clever/grades";
import { personColumn } from "../../clever/person";
import { oeaColumns, type ReportName, reports, type TableColumn } from "../../clever/reports";

/** The semantic model: its tables, columns, measures and relationships. `tmdl.ts` serializes it. */

export type ModelType = "dateTime" | "string" | "int64" | "boolean";

export interface ModelColumn {
  readonly name: string;
  readonly type: ModelType;
  readonly hidden?: true;
  /** Another column to sort it by. */
  readonly sortedBy?: string;
  readonly isKey?: true;
}

export interface Measure {
  readonly name: string;
  readonly expression: string;
  readonly format: string;
  readonly description: string;
}

export interface ModelTable {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly ModelColumn[];
  readonly measures: readonly Measure[];
  readonly isDateTable?: true;
  /** A query in M, or the DAX of a calculated table. */
  readonly source: { readonly kind: "m" | "dax"; readonly lines: readonly string[] };
}

/** Relates many rows of `from` to one row of `to`: `[table, column]`. */
export interface Relationship {
  readonly from: readonly [string, string];
  readonly to: readonly [string, string];
}

/** The first month of a school year. */
const firstMonth = 8;

const typeOf = ({ type }: TableColumn): ModelType => {
  const types = { date: "dateTime", string: "string", boolean: "boolean", integer: "int64" } as const;
  return types[type];
};

/** Columns that are left out because other tables have them. */
const ofCohort: ReadonlySet<string> = new Set(["school_name", "clever_school_id", "year", "month"]);

/**
 * The columns of a fact table. Summable values are hidden because measures define how to sum them; keys are hidden
 * too.
 */
function factColumns(report: ReportName, further: readonly string[]): ModelColumn[] {
  const own = oeaColumns(reports[report]).filter(({ name }) => !ofCohort.has(name));
  const hidden = (name: string, type: ModelType): ModelColumn => ({ name, type, hidden: true });
  return [
    ...own.map((column) => hidden(column.name, typeOf(column))),
    ...[personColumn, ...further].map((name) => hidden(name, "string")),
    hidden("cohort", "int64"),
    hidden("counts", "int64"),
  ];
}

function view(name: string): string[] {
  return [
    "let",
    "    Source = Sql.Database(SqlEndpoint, Database),",
    `    Rows = Source{[Schema = "people", Item = "${name}"]}[Data],`,
  ];
}

function factSource(name: string, columns: readonly ModelColumn[]): string[] {
  return [
    ...view(name),
    `    Chosen = Table.SelectColumns(Rows, {${columns.map((column) => `"${column.name}"`).join(", ")}})`,
    "in",
    "    Chosen",
  ];
}

const participationColumns = factColumns("daily_participation", []);
const usageColumns = factColumns("resource_usage", ["resource"]);

type Fact = "Participation" | "Usage";

const wholeGroups =
  "FILTER(VALUES(Cohort[group_number]), CALCULATE(COUNTROWS(Cohort)) = CALCULATE(MAX(Cohort[cohorts_in_group])))";

/**
 * An expression over a fact table under the rule of groups: only groups that the filter includes completely, on the
 * days that count for them. A filter on people would split every group, so it gives no result.
 */
function ofGroups(fact: Fact, expression: string): string {
  const counted = `CALCULATE(${expression}, KEEPFILTERS(${wholeGroups}), KEEPFILTERS(${fact}[counts] = 1))`;
  return `IF(ISFILTERED(Person[${personColumn}]) && MAX(Cohort[minimum_group_size]) > 1, BLANK(), ${counted})`;
}

const whole = "#,0";
const decimals = "#,0.00";
/** A measure under the rule of groups. */
const measureOf =
  (fact: Fact) =>
  (name: string, description: string, expression: string, format = whole): Measure => ({
    name,
    format,
    description,
    expression: ofGroups(fact, expression),
  });
const ofParticipation = measureOf("Participation");
const ofUsage = measureOf("Usage");

const participation: ModelTable = {
  name: "Participation",
  description: "Daily participation: one row per person and day, including inactive people.",
  columns: participationColumns,
  source: { kind: "m", lines: factSource("grouped_participation", participationColumns) },
  measures: [
    ofParticipation(
      "Users",
      "Distinct people in daily participation, active or not. Rows without a person are not counted. Like every measure, about whole groups only.",
      `DISTINCTCOUNTNOBLANK(Participation[${personColumn}])`,
    ),
    ofParticipation(
      "Days",
      "Distinct dates in daily participation.",
      "DISTINCTCOUNTNOBLANK(Participation[date])",
    ),
    {
      name: "Active users",
      format: whole,
      description: "Distinct people who were active on at least one day.",
      expression: "CALCULATE([Users], Participation[active] = TRUE())",
    },
    ofParticipation("Logins", "Sum of num_logins.", "SUM(Participation[num_logins])"),
    ofParticipation(
      "Resources accessed",
      "Sum of num_resources_accessed.",
      "SUM(Participation[num_resources_accessed])",
    ),
    ofParticipation(
      "Logins per person and day",
      "Average of num_logins over the rows, including days without use.",
      "AVERAGE(Participation[num_logins])",
      decimals,
    ),
    ofParticipation(
      "Resources per person and day",
      "Average of num_resources_accessed over the rows, including days without use.",
      "AVERAGE(Participation[num_resources_accessed])",
      decimals,
    ),
    {
      name: "Distinct resources per person",
      format: decimals,
      description:
        "The average number of distinct resources per person, including people who used none. Blank if the report of resource usage is missing.",
      expression:
        "IF([Users] > 0 && NOT(ISBLANK([Person-resource pairs]) && [Resources accessed] > 0), DIVIDE([Person-resource pairs] + 0, [Users]))",
    },
    {
      name: "Suppressed groups",
      format: whole,
      description:
        "Groups that no number under the filter includes, because the filter splits them; people who are in no group that is large enough are one more. It does not depend on rows: their number and days would be about those people.",
      expression: `COUNTROWS(VALUES(Cohort[group_number])) - COUNTROWS(${wholeGroups})`,
    },
  ],
};

const usage: ModelTable = {
  name: "Usage",
  description: "Resource usage: one row per person, day and resource that was accessed.",
  columns: usageColumns,
  source: { kind: "m", lines: factSource("grouped_usage", usageColumns) },
  measures: [
    ofUsage(
      "Users of resources",
      "Distinct people who used a resource.",
      `DISTINCTCOUNTNOBLANK(Usage[${personColumn}])`,
    ),
    ofUsage(
      "Person-days of use",
      "Rows of resource usage with a person: people times days, for each resource.",
      `COUNTA(Usage[${personColumn}])`,
    ),
    ofUsage("Accesses", "Sum of num_access.", "SUM(Usage[num_access])"),
    ofUsage("Days of use", "Distinct dates in resource usage.", "DISTINCTCOUNTNOBLANK(Usage[date])"),
    ofUsage(
      "Distinct resources",
      "Distinct resources that were used. A renamed resource counts once, as do those of the same name and type.",
      "DISTINCTCOUNTNOBLANK(Usage[resource])",
    ),
    ofUsage(
      "Person-resource pairs",
      "The number of distinct resources per person, summed over people.",
      `COUNTROWS(FILTER(SUMMARIZE(Usage, Usage[${personColumn}], Usage[resource]), NOT(ISBLANK(Usage[${personColumn}]))))`,
    ),
  ],
};

/** Sorts grades in Clever's order, unknown ones last. */
const gradePlace = "grade_place";
const noGrade = "Without a grade";
const orderOfGrades = [...gradeOrder, noGrade].map((name) => `"${name}"`).join(", ");

const cohort: ModelTable = {
  name: "Cohort",
  description:
    "Schools, user types and grades, and the group that each of them counts in. Small ones count only together with the others of their group.",
  columns: [
    { name: "cohort", type: "int64", hidden: true, isKey: true },
    { name: "school_name", type: "string" },
    { name: "user_type", type: "string" },
    { name: "grade", type: "string", sortedBy: gradePlace },
    { name: gradePlace, type: "int64", hidden: true },
    { name: "group_number", type: "int64" },
    { name: "cohorts_in_group", type: "int64", hidden: true },
    { name: "minimum_group_size", type: "int64", hidden: true },
  ],
  measures: [],
  source: {
    kind: "m",
    lines: [
      ...view("cohorts"),
      `    Named = Table.ReplaceValue(Rows, null, "${noGrade}", Replacer.ReplaceValue, {"grade"}),`,
      `    Order = {${orderOfGrades}},`,
      "    PlaceOf = (grade) => let place = List.PositionOf(Order, grade) in if place < 0 then List.Count(Order) else place,",
      `    Placed = Table.AddColumn(Named, "${gradePlace}", each PlaceOf([grade]), Int64.Type)`,
      "in",
      "    Placed",
    ],
  },
};

const person: ModelTable = {
  name: "Person",
  description:
    "The people of both reports, by pseudonym. With a minimum group size, no number is about one person.",
  columns: [{ name: personColumn, type: "string" }],
  measures: [],
  source: {
    kind: "dax",
    lines: [
      `VAR people = DISTINCT(UNION(SELECTCOLUMNS(Participation, "${personColumn}", Participation[${personColumn}]), SELECTCOLUMNS(Usage, "${personColumn}", Usage[${personColumn}])))`,
      "RETURN",
      `    FILTER(people, NOT(ISBLANK([${personColumn}])))`,
    ],
  },
};

const resource: ModelTable = {
  name: "Resource",
  description: "The resources that were used, by name and type.",
  columns: [
    { name: "resource", type: "string", hidden: true },
    { name: "resource_name", type: "string" },
    { name: "resource_type", type: "string" },
    { name: "resource_name_and_type", type: "string" },
  ],
  measures: [],
  source: {
    kind: "dax",
    lines: [
      "SELECTCOLUMNS(",
      "    SUMMARIZE(Usage, Usage[resource], Usage[resource_name], Usage[resource_type]),",
      '    "resource", Usage[resource],',
      '    "resource_name", Usage[resource_name],',
      '    "resource_type", Usage[resource_type],',
      '    "resource_name_and_type", Usage[resource_name] & " (" & Usage[resource_type] & ")"',
      ")",
    ],
  },
};

const date: ModelTable = {
  name: "Date",
  description: `Every day of the school years that have rows. A school year begins on the first of month ${firstMonth}.`,
  isDateTable: true,
  columns: [
    { name: "date", type: "dateTime", isKey: true },
    { name: "school_year", type: "string" },
    { name: "month", type: "string" },
    { name: "weekday", type: "string", sortedBy: "weekday_number" },
    { name: "weekday_number", type: "int64", hidden: true },
    { name: "is_weekend", type: "boolean" },
  ],
  measures: [],
  source: {
    kind: "dax",
    lines: [
      "VAR reportDays = UNION(VALUES(Participation[date]), VALUES(Usage[date]))",
      "VAR firstDay = MINX(reportDays, [date])",
      "VAR lastDay = MAXX(reportDays, [date])",
      `VAR firstYear = YEAR(firstDay) - IF(MONTH(firstDay) < ${firstMonth}, 1, 0)`,
      `VAR lastYear = YEAR(lastDay) - IF(MONTH(lastDay) < ${firstMonth}, 1, 0)`,
      `VAR days = SELECTCOLUMNS(CALENDAR(DATE(firstYear, ${firstMonth}, 1), DATE(lastYear + 1, ${firstMonth}, 1) - 1), "date", [Date])`,
      "RETURN",
      "    ADDCOLUMNS(",
      "        days,",
      `        "school_year", VAR startYear = YEAR([date]) - IF(MONTH([date]) < ${firstMonth}, 1, 0) RETURN startYear & "-" & RIGHT(startYear + 1, 2),`,
      '        "month", FORMAT([date], "yyyy-MM"),',
      '        "weekday", FORMAT([date], "dddd"),',
      '        "weekday_number", WEEKDAY([date], 2),',
      '        "is_weekend", WEEKDAY([date], 2) > 5',
      "    )",
    ],
  },
};

export const modelTables: readonly ModelTable[] = [participation, usage, date, cohort, person, resource];

const both = (column: string, table: string): Relationship[] =>
  ["Participation", "Usage"].map((fact) => ({ from: [fact, column], to: [table, column] }));

export const relationships: readonly Relationship[] = [
  ...both("date", "Date"),
  ...both(personColumn, "Person"),
  ...both("cohort", "Cohort"),
  { from: ["Usage", "resource"], to: ["Resource", "resource"] },
];
