import { maximumRowBytes } from "./judgeRows";
import { maskRules, textKindOf } from "./maskedText";
import { plainId } from "./personIds";
import {
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
export function specificationOf(report: Report) {
  return {
    report: report.name,
    /** In the report's order. */
    columns: report.columns.map(specifiedColumn),
    /** The headers that Clever writes for each user type. No two have the same number of columns. */
    headers: Object.fromEntries(userTypes.map((userType) => [userType, headersOf(report, userType)])),
    /** The table's name for a user type. */
    userTypes: userTypeValue,
    /** The table's columns that are stored in its data files, and the partition columns, which name their folders. */
    stored: pseudoColumns(report).filter(({ name }) => !partitionColumns.some((part) => part === name)),
    partitions: partitionColumns,
    /**
     * A file repeats a row if two of its rows agree in these: the day, the person (the first id present), the resource.
     */
    key: {
      day: dateColumn(report).name,
      person: idNames.toReversed(),
      resource: hasResources(report) ? "resource_id" : null,
    },
    /** Maximum bytes of a line. */
    longestRow: maximumRowBytes,
    /**
     * A kept text that equals a person's id indicates shifted cells, unless it is shorter than this or such a number.
     */
    shifted: { shortestId, plainNumber },
    masking: maskRules,
  };
}

/** Patterns match whole cells, in Java's and RE2's syntax. */
function specifiedColumn(column: ReportColumn) {
  const { name, type, blank, pseudonymization } = column;
  const isHashed = pseudonymization === "hash";
  return {
    name,
    type,
    /** Its name in the table. */
    target: isHashed ? pseudonymName(name) : name,
    isHashed,
    /** Whether an empty cell is clean; it becomes null. */
    blank,
    /** For kept texts, what they contain; else null. */
    kept: type === "string" && !isHashed ? textKindOf(column) : null,
    ...formsOf(column),
  };
}

/** A pattern that a non-empty cell must match, null for any text; and a pattern that it must not match. */
function formsOf({ type, pseudonymization, words }: ReportColumn): {
  readonly form: string | null;
  readonly except: string | null;
} {
  if (type !== "string") return { form: canonicalFormat[type], except: null };
  if (pseudonymization === "hash") return plainId;
  const blank = `[${whiteSpace}]*`;
  return { form: null, except: words ? `${blank}|[^!-~]*${cleverId}[^!-~]*` : blank };
}

/** With all columns and, as in older files, without the optional ones: their lines, and the columns in their order. */
function headersOf({ columns }: CsvShape, userType: UserType) {
  const headers = [columns, columns.filter(({ required }) => required)];
  return headers.map((present) => ({
    line: present.map(({ name, headerOf }) => headerOf?.[userType] ?? name).join(","),
    columns: present.map(({ name }) => name),
  }));
}
