import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import * as z from "zod";
import { CleverLakeError } from "../basics/errors";
import { expandHome } from "../config";
import { type LevelsByName, schoolLevels } from "./schoolLevels";

/** Files of the district with facts that the reports do not have. */
export interface DistrictFiles {
  /** CSV `school,level`. */
  readonly schoolLevelsFile?: string | undefined;
  /** CSV `resource,seats,cost,end`. */
  readonly licencesFile?: string | undefined;
}

/** A paid resource, from the district's licence file; `null` if a cell is empty. */
export interface Licence {
  readonly resource: string;
  readonly seats: number | null;
  /** Of the whole licence, in the district's currency. */
  readonly cost: number | null;
  /** Its last day, `yyyy-MM-dd`. */
  readonly end: string | null;
}

export interface DistrictContext {
  readonly levels: LevelsByName;
  /** Undefined if there is no licence file. */
  readonly licences: readonly Licence[] | undefined;
}

/** What the parser returns for a row with `info`, which its types do not describe. */
const parsedRecords = z.array(
  z.object({ info: z.object({ lines: z.number() }), record: z.array(z.string()) }),
);

const maxFileLength = 5_000_000;

const levelRow = z.object({
  school: z.string().min(1, "is empty"),
  level: z.enum(schoolLevels, `must be one of ${schoolLevels.join(", ")}`),
});

/** A number in a spreadsheet's notation: 12500, 12,500.00, $12,500. */
const amount = z
  .string()
  .regex(/^\$?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?$/, "must be a number such as 12500 or 12,500.50")
  .transform((text) => Number(text.replaceAll(/[$,]/g, "")));
const blank = z.literal("").transform(() => null);

const dayFault = "must be a day such as 2027-06-30, or empty";

const licenceRow = z.object({
  resource: z.string().min(1, "is empty"),
  seats: z.union(
    [
      blank,
      z
        .string()
        .regex(/^\d{1,9}$/)
        .transform(Number),
    ],
    "must be a whole number, or empty",
  ),
  cost: z.union([blank, amount], "must be a number such as 12500 or 12,500.50, or empty"),
  end: z.union([blank, z.iso.date(dayFault)], dayFault),
});

/** Reads the files. Rejects with `config`, naming file and line, if one is unreadable or invalid. */
export async function readDistrictFiles(files: DistrictFiles): Promise<DistrictContext> {
  const levels = files.schoolLevelsFile ? await readRows(files.schoolLevelsFile, levelRow, "school") : [];
  return {
    licences: files.licencesFile ? await readRows(files.licencesFile, licenceRow, "resource") : undefined,
    levels: new Map(levels.map(({ school, level }) => [school, level])),
  };
}

async function readRows<Shape extends z.ZodObject>(
  file: string,
  shape: Shape,
  key: string,
): Promise<z.output<Shape>[]> {
  const columns = Object.keys(shape.shape);
  const refuse = (message: string, cause?: unknown) =>
    new CleverLakeError("config", message, {
      subject: file,
      hint: `The file is CSV with the columns ${columns.join(", ")}.`,
      cause,
    });
  let text: Buffer;
  try {
    text = await readFile(expandHome(file));
  } catch (cause) {
    throw refuse("The file cannot be read.", cause);
  }
  if (text.length > maxFileLength) throw refuse("The file is larger than 5 MB.");
  let records: unknown;
  try {
    records = parse(text, {
      bom: true,
      trim: true,
      info: true,
      skipEmptyLines: true,
      relaxColumnCount: true,
    });
  } catch (cause) {
    throw refuse("The file is not valid CSV.", cause);
  }
  const [head, ...rows] = parsedRecords.parse(records);
  const header = (head?.record ?? []).map((name) => name.toLowerCase());
  const missing = columns.filter((name) => !header.includes(name));
  if (missing.length > 0) throw refuse(`The file has no column ${missing.join(", ")}.`);
  const seen = new Set<unknown>();
  return rows.map(({ info, record }) => {
    if (record.length > header.length) {
      const fault = "the row has more cells than the header; a cell with a comma needs quotation marks";
      throw refuse(`Line ${info.lines}: ${fault}.`);
    }
    const cells = Object.fromEntries(columns.map((name) => [name, record[header.indexOf(name)] ?? ""]));
    const parsed = shape.safeParse(cells);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw refuse(`Line ${info.lines}: ${String(issue?.path[0])} ${issue?.message}.`);
    }
    if (seen.has(cells[key])) throw refuse(`Line ${info.lines}: "${cells[key]}" occurs in the file twice.`);
    seen.add(cells[key]);
    return parsed.data;
  });
}
