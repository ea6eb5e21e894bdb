import { gradeOrder } from "../../clever/grades";
import { personColumn } from "../../clever/person";
import { oeaColumns, type ReportName, reports, type TableColumn, userTypeValue } from "../../clever/reports";

/** The semantic model: what its tables, columns, measures and relationships are. `tmdl.ts` writes it down. */

export type ModelType = "dateTime" | "string" | "int64" | "boolean";

export interface ModelColumn {
  readonly name: string;
  readonly type: ModelType;
  readonly hidden?: true;
  /** Another column by which it is sorted. */
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
  readonly hidden?: true;
  readonly isDateTable?: true;
  /** A query in M, or the DAX of a table that is computed from others. */
  readonly source: { readonly kind: "m" | "dax"; readonly lines: readonly string[] };
}

/** Many rows of `from` belong to one of `to`: `[table, column]`. */
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

/** Of a fact table the values that are added up are hidden, for the measures say how, and so are the keys. */
function factColumns(report: ReportName, further: readonly string[]): ModelColumn[] {
  const partitions = ["year", "month"];
  const own = oeaColumns(reports[report]).filter(({ name }) => !partitions.includes(name));
  const columns = own.map((column) => ({ name: column.name, type: typeOf(column), hidden: true as const }));
  const texts = ["user_type", personColumn, ...further];
  return [...columns, ...texts.map((name) => ({ name, type: "string" as const, hidden: true as const }))];
}

function view(schema: string, name: string): string[] {
  return [
    "let",
    "    Source = Sql.Database(SqlEndpoint, Database),",
    `    Rows = Source{[Schema = "${schema}", Item = "${name}"]}[Data],`,
  ];
}

function factSource(
  report: ReportName,
  columns: readonly ModelColumn[],
  further: readonly string[] = [],
): string[] {
  const stored = columns.map(({ name }) => name).filter((name) => name !== "resource_key");
  const [last] = further.length > 0 ? ["Keyed"] : ["Chosen"];
  return [
    ...view("people", report),
    `    Chosen = Table.SelectColumns(Rows, {${stored.map((name) => `"${name}"`).join(", ")}})${further.length > 0 ? "," : ""}`,
    ...further,
    "in",
    `    ${last}`,
  ];
}

const participationColumns = factColumns("daily_participation", []);
const usageColumns = factColumns("resource_usage", ["resource", "resource_key"]);

const measure = (name: string, format: string, description: string, expression: string): Measure => ({
  name,
  format,
  description,
  expression,
});
const whole = "#,0";
const decimals = "#,0.00";

const participation: ModelTable = {
  name: "Participation",
  description: "Daily participation: one row per person and day, inactive people included.",
  columns: participationColumns,
  source: { kind: "m", lines: factSource("daily_participation", participationColumns) },
  measures: [
    measure(
      "Users",
      whole,
      "Distinct people in daily participation, active or not. Rows of nobody count nobody.",
      `DISTINCTCOUNTNOBLANK(Participation[${personColumn}])`,
    ),
    measure(
      "Days",
      whole,
      "Distinct dates in daily participation.",
      "DISTINCTCOUNTNOBLANK(Participation[date])",
    ),
    measure(
      "Active users",
      whole,
      "Distinct people who were active on at least one day.",
      "CALCULATE([Users], Participation[active] = TRUE())",
    ),
    measure("Logins", whole, "Sum of num_logins.", "SUM(Participation[num_logins])"),
    measure(
      "Resources accessed",
      whole,
      "Sum of num_resources_accessed.",
      "SUM(Participation[num_resources_accessed])",
    ),
    measure(
      "Logins per person and day",
      decimals,
      "Average of num_logins over the rows, days without use included.",
      "AVERAGE(Participation[num_logins])",
    ),
    measure(
      "Resources per person and day",
      decimals,
      "Average of num_resources_accessed over the rows, days without use included.",
      "AVERAGE(Participation[num_resources_accessed])",
    ),
    measure(
      "Different resources per person",
      decimals,
      "For each person the different resources used; their sum, divided by all users, those included who used nothing.",
      "DIVIDE([Person-resource pairs], [Users], 0)",
    ),
  ],
};

const usage: ModelTable = {
  name: "Usage",
  description: "Resource usage: one row per person, day and resource that was accessed.",
  columns: usageColumns,
  source: {
    kind: "m",
    lines: factSource("resource_usage", usageColumns, [
      '    Keyed = Table.AddColumn(Chosen, "resource_key", each Text.Combine({[resource_type], [resource_name]}, "|"), type text)',
    ]),
  },
  measures: [
    measure(
      "Users of resources",
      whole,
      "Distinct people who used a resource.",
      `DISTINCTCOUNTNOBLANK(Usage[${personColumn}])`,
    ),
    measure(
      "Person-days of use",
      whole,
      "Rows of resource usage with a person: people times days, for each resource.",
      `COUNTA(Usage[${personColumn}])`,
    ),
    measure("Accesses", whole, "Sum of num_access.", "SUM(Usage[num_access])"),
    measure("Days of use", whole, "Distinct dates in resource usage.", "DISTINCTCOUNTNOBLANK(Usage[date])"),
    measure(
      "Different resources",
      whole,
      "Different resources that were used, by Clever's id, or by the name where there is no id.",
      "DISTINCTCOUNTNOBLANK(Usage[resource])",
    ),
    measure(
      "Person-resource pairs",
      whole,
      "For each person the different resources used, added up over people.",
      `COUNTROWS(FILTER(SUMMARIZE(Usage, Usage[${personColumn}], Usage[resource]), NOT(ISBLANK(Usage[${personColumn}])) && NOT(ISBLANK(Usage[resource]))))`,
    ),
  ],
};

const grade: ModelTable = {
  name: "Grade",
  description: "The grade of each student, from an imported roster. Empty where there is none.",
  hidden: true,
  columns: [
    { name: personColumn, type: "string", hidden: true },
    { name: "grade", type: "string", hidden: true },
  ],
  measures: [],
  source: {
    kind: "m",
    lines: [
      "let",
      "    Source = Sql.Database(SqlEndpoint, Database),",
      `    None = #table(type table [${personColumn} = text, grade = text], {}),`,
      '    Rows = try Source{[Schema = "people", Item = "grade_of_person"]}[Data] otherwise None',
      "in",
      "    Rows",
    ],
  },
};

/** Sorts grades as Clever does, those that Clever does not have behind them. */
const gradePlace = "grade_place";
const noGrade = "Without a grade";
const orderOfGrades = [...gradeOrder.map((name, index) => [name, index] as const), [noGrade, 99] as const]
  .map(([name, place]) => `"${name}", ${place}`)
  .join(", ");

const person: ModelTable = {
  name: "Person",
  description: "The people of both reports, by pseudonym.",
  columns: [
    { name: personColumn, type: "string" },
    { name: "grade", type: "string", sortedBy: gradePlace },
    { name: gradePlace, type: "int64", hidden: true },
  ],
  measures: [],
  source: {
    kind: "dax",
    lines: [
      `VAR people = DISTINCT(UNION(SELECTCOLUMNS(Participation, "${personColumn}", Participation[${personColumn}]), SELECTCOLUMNS(Usage, "${personColumn}", Usage[${personColumn}])))`,
      `VAR graded = ADDCOLUMNS(FILTER(people, NOT(ISBLANK([${personColumn}]))), "grade", COALESCE(LOOKUPVALUE(Grade[grade], Grade[${personColumn}], [${personColumn}]), "${noGrade}"))`,
      "RETURN",
      `    ADDCOLUMNS(graded, "${gradePlace}", SWITCH([grade], ${orderOfGrades}, ${gradeOrder.length}))`,
    ],
  },
};

const school: ModelTable = {
  name: "School",
  description: "The schools of both reports, by name.",
  columns: [{ name: "school_name", type: "string" }],
  measures: [],
  source: {
    kind: "dax",
    lines: [
      'VAR names = DISTINCT(UNION(SELECTCOLUMNS(Participation, "school_name", Participation[school_name]), SELECTCOLUMNS(Usage, "school_name", Usage[school_name])))',
      "RETURN",
      "    FILTER(names, NOT(ISBLANK([school_name])))",
    ],
  },
};

const resource: ModelTable = {
  name: "Resource",
  description: "The resources that were used, by name and type.",
  columns: [
    { name: "resource_key", type: "string", hidden: true },
    { name: "resource_name", type: "string" },
    { name: "resource_type", type: "string" },
  ],
  measures: [],
  source: {
    kind: "dax",
    lines: [
      'SELECTCOLUMNS(SUMMARIZE(FILTER(Usage, NOT(ISBLANK(Usage[resource_key]))), Usage[resource_key], Usage[resource_name], Usage[resource_type]), "resource_key", Usage[resource_key], "resource_name", Usage[resource_name], "resource_type", Usage[resource_type])',
    ],
  },
};

const userType: ModelTable = {
  name: "User type",
  description: "Students, teachers and staff.",
  columns: [{ name: "user_type", type: "string" }],
  measures: [],
  source: {
    kind: "dax",
    lines: [
      `DATATABLE("user_type", STRING, {${Object.values(userTypeValue)
        .map((value) => `{"${value}"}`)
        .join(", ")}})`,
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
      "VAR told = UNION(VALUES(Participation[date]), VALUES(Usage[date]))",
      "VAR firstDay = MINX(told, [date])",
      "VAR lastDay = MAXX(told, [date])",
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

export const modelTables: readonly ModelTable[] = [
  participation,
  usage,
  date,
  person,
  grade,
  school,
  resource,
  userType,
];

const both = (column: string, table: string, key = column): Relationship[] =>
  ["Participation", "Usage"].map((fact) => ({ from: [fact, column], to: [table, key] }));

export const relationships: readonly Relationship[] = [
  ...both("date", "Date"),
  ...both(personColumn, "Person"),
  ...both("school_name", "School"),
  ...both("user_type", "User type"),
  { from: ["Usage", "resource_key"], to: ["Resource", "resource_key"] },
];
