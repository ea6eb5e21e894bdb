import { maximumRowBytes } from "./judgeRows";
import { maskRules, type TextKind, textKindOf } from "./maskedText";
import { plainId } from "./personIds";
import {
  type ColumnType,
  type CsvShape,
  dateColumn,
  idNames,
  partitionColumns,
  pseudoColumns,
  pseudonymName,
  type Report,
  type ReportColumn,
  type UserType,
  userTypes,
  userTypeValue,
} from "./reports";
import { hasResources } from "./rowKey";
import { plainNumber, shortestId } from "./shiftedCells";
import { canonicalFormat, cleverId, whiteSpace } from "./values";

/**
 * What an engine in another language needs to read clean files of a report, as plain JSON. Everything in it is derived
 * from the modules in this folder. An engine leaves every other file to the judge, so the formats here are narrow:
 * Clever's own.
 */
export interface Specification {
  readonly report: Report["name"];
  /** In the report's order. */
  readonly columns: readonly SpecifiedColumn[];
  /** The headers that Clever writes for each user type. No two have the same number of columns. */
  readonly headers: Readonly<Record<UserType, readonly SpecifiedHeader[]>>;
  /** The table's name for a user type. */
  readonly userTypes: Readonly<Record<UserType, string>>;
  /** The table's columns that are stored in its data files, and the partition columns, which name their folders. */
  readonly stored: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly partitions: readonly string[];
  /**
   * A file repeats a row if two of its rows agree in these: the day, the person (the first id present), the resource.
   */
  readonly key: {
    readonly day: string;
    readonly person: readonly string[];
    readonly resource: string | null;
  };
  /** Maximum bytes of a line. */
  readonly longestRow: number;
  /**
   * A kept text that equals a person's id indicates shifted cells, unless it is shorter than this or such a number.
   */
  readonly shifted: { readonly shortestId: number; readonly plainNumber: string };
  readonly masking: typeof maskRules;
}

/** Patterns match whole cells, in Java's and RE2's syntax. */
export interface SpecifiedColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Its name in the table. */
  readonly target: string;
  readonly isHashed: boolean;
  /** Whether an empty cell is clean; it becomes null. */
  readonly blank: boolean;
  /** A pattern that a non-empty cell must match; null for any text. */
  readonly form: string | null;
  /** A pattern that it must not match. */
  readonly except: string | null;
  /** For kept texts, what they contain. */
  readonly kept: TextKind | null;
}

export interface SpecifiedHeader {
  readonly line: string;
  /** The report's columns in the file's order. */
  readonly columns: readonly string[];
}

export function specificationOf(report: Report): Specification {
  return {
    report: report.name,
    columns: report.columns.map(specifiedColumn),
    headers: byUserType((userType) => headersOf(report, userType)),
    userTypes: userTypeValue,
    stored: pseudoColumns(report).filter(({ name }) => !partitionColumns.some((part) => part === name)),
    partitions: partitionColumns,
    key: {
      day: dateColumn(report).name,
      person: idNames.toReversed(),
      resource: hasResources(report) ? "resource_id" : null,
    },
    longestRow: maximumRowBytes,
    shifted: { shortestId, plainNumber },
    masking: maskRules,
  };
}

function specifiedColumn(column: ReportColumn): SpecifiedColumn {
  const { name, type, blank, pseudonymization } = column;
  const isHashed = pseudonymization === "hash";
  return {
    name,
    type,
    target: isHashed ? pseudonymName(name) : name,
    isHashed,
    blank,
    kept: type === "string" && !isHashed ? textKindOf(column) : null,
    ...formsOf(column),
  };
}

function formsOf({ type, pseudonymization, words }: ReportColumn): Pick<SpecifiedColumn, "form" | "except"> {
  if (type !== "string") return { form: canonicalFormat[type], except: null };
  if (pseudonymization === "hash") return plainId;
  const blank = `[${whiteSpace}]*`;
  return { form: null, except: words ? `${blank}|[^!-~]*${cleverId}[^!-~]*` : blank };
}

/** With all columns and, as in older files, without the optional ones. */
function headersOf({ columns }: CsvShape, userType: UserType): SpecifiedHeader[] {
  const headers = [columns, columns.filter(({ required }) => required)];
  return headers.map((present) => ({
    line: present.map(({ name, headerOf }) => headerOf?.[userType] ?? name).join(","),
    columns: present.map(({ name }) => name),
  }));
}

function byUserType<T>(ofType: (userType: UserType) => T): Record<UserType, T> {
  return Object.fromEntries(userTypes.map((each) => [each, ofType(each)])) as Record<UserType, T>;
}
