/**
 * What Clever publishes, in one table: reports, columns, types and pseudonymization. Schema, SQL, checks, sample data
 * and documentation follow from it. Source: Clever's participation reports and OEA's metadata for its Clever module.
 */

export const reportNames = ["daily_participation", "resource_usage"] as const;
/** A report's name in the tables; folders and files on the server use hyphens. */
export type ReportName = (typeof reportNames)[number];

export const userTypes = ["students", "teachers", "staff"] as const;
/** The kind of people that a file is about, as in file names and the configuration. */
export type UserType = (typeof userTypes)[number];

/** Column types, named as Delta and Spark name them. */
export type ColumnType = "date" | "string" | "boolean" | "integer";

/** OEA's operations on a column: `hash` replaces it with `<column>_pseudonym`, `no-op` keeps it. */
export type Pseudonymization = "hash" | "no-op";

export interface ReportColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly pseudonymization: Pseudonymization;
  /** Other names of the column in file headers. */
  readonly aliases?: readonly string[];
  /** The preferred name for a user type, if it is not the column's own. */
  readonly headerOf?: Readonly<Partial<Record<UserType, string>>>;
  /** False if files may lack the column; its values are null then. */
  readonly required: boolean;
  /** Whether a row may leave it blank (null); otherwise a blank makes a bad row. */
  readonly blank: boolean;
  /** Whether its texts are ordinary words. One of Clever's ids occurs there only in a shifted row. */
  readonly words?: boolean;
}

/** What is needed to read one of Clever's CSV files. */
export interface CsvShape {
  readonly title: string;
  /** The columns as Clever publishes them, in Clever's order. */
  readonly columns: readonly ReportColumn[];
  /**
   * Whether other columns of a file are ignored: their contents, in any encoding, do not cause a row to be refused.
   */
  readonly ignoresExtraColumns?: boolean;
}

export interface Report extends CsvShape {
  readonly name: ReportName;
  /** The name on the server and in `stage1np`: `daily-participation`. */
  readonly slug: string;
}

/** A column; unless the options say otherwise, its values are kept, files must have it, and texts may be blank. */
export const column = (
  name: string,
  type: ColumnType,
  options: Partial<Omit<ReportColumn, "name" | "type">> = {},
): ReportColumn => ({
  name,
  type,
  pseudonymization: options.pseudonymization ?? "no-op",
  required: options.required ?? true,
  blank: options.blank ?? type === "string",
  ...(options.aliases ? { aliases: options.aliases } : {}),
  ...(options.headerOf ? { headerOf: options.headerOf } : {}),
  ...(options.words ? { words: true } : {}),
});

/** The columns with a person's ids, which are hashed: the school system's, then Clever's. Every report has them. */
export const idColumns = [
  column("sis_id", "string", {
    pseudonymization: "hash",
    aliases: ["staff_id"],
    headerOf: { staff: "staff_id" },
  }),
  column("clever_user_id", "string", { pseudonymization: "hash" }),
] as const;

const person: readonly ReportColumn[] = [
  column("date", "date"),
  ...idColumns,
  column("clever_school_id", "string"),
  column("school_name", "string", { required: false, words: true }),
];

export const reports: Readonly<Record<ReportName, Report>> = {
  daily_participation: {
    name: "daily_participation",
    slug: "daily-participation",
    title: "Daily participation",
    columns: [
      ...person,
      column("active", "boolean"),
      column("num_logins", "integer"),
      column("num_resources_accessed", "integer"),
    ],
  },
  resource_usage: {
    name: "resource_usage",
    slug: "resource-usage",
    title: "Resource usage",
    columns: [
      ...person,
      column("resource_type", "string", { words: true }),
      column("resource_name", "string"),
      column("resource_id", "string"),
      column("num_access", "integer"),
    ],
  },
};

/** The value of `user_type` in the tables for a user type. */
export const userTypeValue: Readonly<Record<UserType, string>> = {
  students: "student",
  teachers: "teacher",
  staff: "staff",
};

/** The folder of a user type in `stage1np`, as OEA names it. */
export const userTypeFolder: Readonly<Record<UserType, string>> = {
  students: "Students",
  teachers: "Teachers",
  staff: "Staff",
};

/** A column of a table, with Delta's type name. */
export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** The columns by which the pseudonymized tables are partitioned. */
export const partitionColumns = ["year", "month"] as const;

const pseudonymEnding = "_pseudonym";

/** The name of a column's hash column. */
export function pseudonymName(columnName: string): string {
  return `${columnName}${pseudonymEnding}`;
}

/** Whether a column holds hashes: 64 hexadecimal digits. */
export function isPseudonymColumn(name: string): boolean {
  return name.endsWith(pseudonymEnding);
}

/** The names of `idColumns`, valid in SQL. */
export const idNames = [idColumns[0].name, idColumns[1].name] as const;
/** The names of their hash columns, in the same order. */
export const pseudonymNames = [pseudonymName(idNames[0]), pseudonymName(idNames[1])] as const;

/** The columns of OEA's own `_pseudo` table of a report, in OEA's order. */
export function oeaColumns(report: Report): readonly TableColumn[] {
  return [
    ...report.columns.map(({ name, type, pseudonymization }) => ({
      name: pseudonymization === "hash" ? pseudonymName(name) : name,
      type,
    })),
    ...partitionColumns.map((name) => ({ name, type: "integer" as const })),
  ];
}

/**
 * The `_pseudo` table of a report: OEA's columns in OEA's order, then ours (`user_type`, `source_file`: the
 * report's path on the server).
 */
export function pseudoColumns(report: Report): readonly TableColumn[] {
  return [
    ...oeaColumns(report),
    { name: "user_type", type: "string" },
    { name: "source_file", type: "string" },
  ];
}

/** The column with the day of a row; every report has one. */
export function dateColumn(report: Report): ReportColumn {
  const found = report.columns.find(({ type }) => type === "date");
  if (found === undefined) throw new RangeError(`${report.name} has no date column.`);
  return found;
}

/** The columns of a report whose texts are kept unchanged. */
export function keptTextColumns(report: Report): readonly ReportColumn[] {
  return report.columns.filter(
    ({ type, pseudonymization }) => type === "string" && pseudonymization === "no-op",
  );
}

/** The columns of every `_lookup` table: raw identities, then their pseudonyms. */
export const lookupColumns: readonly TableColumn[] = [...idNames, ...pseudonymNames].map((name) => ({
  name,
  type: "string",
}));
