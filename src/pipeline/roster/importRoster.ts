import { counted, integer } from "../../basics/counted";
import { CleverLakeError, isUnreadable } from "../../basics/errors";
import { sha256Of } from "../../basics/sha256";
import type { Division } from "../../clever/groupsTable";
import { type Header, headerBytes, isProblem, type Problem, readHeader } from "../../clever/header";
import { keptRosterPath, rosterFolder } from "../../clever/layout";
import { readRoster, rosterFileName, rosterShape } from "../../clever/roster";
import type { OpenLake } from "../../delta/openLake";
import { Duck } from "../../duck/duck";
import { filesBelow } from "../../lake/filesBelow";
import type { Lake } from "../../lake/lake";
import { minimumGroupSizeOf, updateGroups } from "../groups/updateGroups";
import { writeUnlessUnchanged } from "../land/land";
import { RunLock } from "../lock/runLock";
import { newRunId } from "../log/runRecord";
import { folderName } from "../plan/plan";
import type { WorkProgress } from "../progress";
import { checkedSaltFor, claimCheckedSalt } from "../salt/salt";
import { defaultMaxShrink, isTooFew } from "../write/shrink";
import type { RosterFile } from "./rosterFile";
import { type RosterGrades, RosterStudents } from "./rosterStudents";
import { compareWithReports, compareWithRoster, replaceRoster, type SharedStudents } from "./rosterTable";

export interface RosterRequest {
  readonly lake: Lake;
  readonly file: RosterFile;
  readonly salt: string | undefined;
  /** Keeps the original file, with all its data on children, in `stage1np`. */
  readonly keepRaw?: boolean;
  /** Percent of the current roster's students that may be missing in this one; default: 50. */
  readonly maxShrink?: number;
  /** Imports it however many are missing: a person has confirmed that it is complete. */
  readonly replace?: boolean;
  /** Divides people for the table of groups, if the lake has one: its groups follow from the grades. */
  readonly divide?: (minimumGroupSize: number) => Promise<Division>;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes of the file that have been read; it is read more than once. */
  readonly onProgress?: ((progress: WorkProgress) => void) | undefined;
}

/**
 * The result of an import; the document of `roster --json`. `rows` is the sum of students, repeated, furtherSchools,
 * refused.
 */
export interface RosterSummary {
  /** `unchanged`: the table already had exactly these students. */
  readonly outcome: "imported" | "unchanged";
  readonly path: string;
  readonly rows: number;
  readonly students: number;
  /** Rows that repeat a student (one for each contact), and rows for an additional school. */
  readonly repeated: number;
  readonly furtherSchools: number;
  readonly refused: number;
  /** The first refused rows. Line 1 is the header. */
  readonly problems: readonly {
    readonly line: number;
    readonly column: string | null;
    readonly reason: string;
  }[];
  /** The grades that occur, in Clever's order, and those unknown to Clever. */
  readonly grades: readonly string[];
  readonly unknownGrades: readonly string[];
  readonly withoutGrade: number;
  /** How many of the students are in the lake's reports; null if there are none yet, or they cannot be read. */
  readonly inReports: number | null;
  /** Where the file was kept; null if that was not requested. */
  readonly keptRaw: string | null;
  /** Notes about the salt. */
  readonly notes: readonly string[];
  /** The table's version. */
  readonly version: number;
  readonly milliseconds: number;
}

/** With more unknown grades than this, the column holds something else. */
const maxUnknownGrades = 20;
/** With more schools than this, and than half of the students, the column holds ids of people. */
const minSchoolsToDoubt = 20;

/**
 * Imports a roster: each student's pseudonym, school and grade; everything else is dropped while the file is read. It
 * replaces the previous one; importing the same again changes nothing. Bad rows are left out, counted and reported. A
 * table of groups is updated, with the minimum group size that it has.
 *
 * Rejects before a student is written: with `config` if the file is not a roster, most of its rows are bad or there is
 * no salt; `shrinks` if too many students of the current roster are missing or it is damaged; `salt` if the salt differs from the lake's
 * or is not accepted for a new lake; `busy` while a run is active; `changedWhileRead`; `conflict` if another run took
 * over while this import was suspended; and with the source's errors. Rejects later if only the table of groups could
 * not be updated; importing the same again then catches up.
 */
export async function importRoster(request: RosterRequest): Promise<RosterSummary> {
  const { lake, file, signal } = request;
  const started = Date.now();
  if (!request.salt) {
    throw new CleverLakeError("config", "There is no salt to pseudonymize with; nothing was written.", {
      hint: "Set CLEVER_SALT to the district's salt: grades are joined to the reports by pseudonym.",
    });
  }
  const header = readHeader(await file.head(headerBytes, signal), rosterShape);
  if (isProblem(header)) throw notARoster(file, header);
  await using lock = await RunLock.acquire(lake, newRunId(new Date(started)), { signal });

  const checkedSalt = await checkedSaltFor(lake, request.salt, signal);
  const students = await readStudents(request, checkedSalt.salt, header);
  const grades = students.grades();
  requireRoster(file, students);
  requireSchools(file, students);
  requireGrades(file, grades);
  await using duck = await Duck.open();
  const open = { lake, duck, signal };
  const current = await compareWithCurrent(request, open, students);
  const { total: before, shared: kept } = current ?? { total: 0, shared: 0 };
  const isProven = checkedSalt.evidence === "unproven" && kept > 0;
  const { requireHeld } = lock;
  await claimCheckedSalt(lake, checkedSalt, { requireHeld, isProven, signal });
  if (!request.replace && isTooFew({ before, now: kept }, request.maxShrink ?? defaultMaxShrink)) {
    throw new CleverLakeError(
      "shrinks",
      `The file has ${kept === 0 ? "none" : kept} of the ${counted(before, "student")} of the current roster; nothing was imported.`,
      { subject: file.path, hint: "If it is complete, import it with --replace." },
    );
  }
  const keptRaw = request.keepRaw === true ? await keepRaw(request, new Date(started)) : null;
  await file.requireUnchanged(signal);
  const minimumGroupSize = request.divide && (await minimumGroupSizeOf(open));
  // Before the commit: once the roster is imported, a problem with the reports must not make the import fail.
  const inReports = await compareWithReports(open, students);
  const { version, changed } = await replaceRoster(open, students, requireHeld);
  if (request.divide && minimumGroupSize !== undefined) {
    const division = await request.divide(minimumGroupSize);
    await updateGroups({ ...open, division, requireHeld });
  }
  const { repeated, furtherSchools, refused, problems } = students;
  return {
    outcome: changed ? "imported" : "unchanged",
    path: file.path,
    rows: students.count + repeated + furtherSchools + refused,
    students: students.count,
    repeated,
    furtherSchools,
    refused,
    problems: problems.map(({ line, column, reason }) => ({ line, column: column ?? null, reason })),
    grades: grades.known,
    unknownGrades: grades.unknown,
    withoutGrade: grades.without,
    inReports: inReports?.shared ?? null,
    keptRaw,
    notes: checkedSalt.notes,
    version,
    milliseconds: Date.now() - started,
  };
}

/** Undefined if there is no roster yet, or if it is to be replaced and cannot be read. */
async function compareWithCurrent(
  { file, replace }: RosterRequest,
  open: OpenLake,
  students: RosterStudents,
): Promise<SharedStudents | undefined> {
  try {
    return await compareWithRoster(open, students);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    if (replace) return undefined;
    throw new CleverLakeError(
      "shrinks",
      "The current roster cannot be read, so the file cannot be compared with it; nothing was imported.",
      { subject: file.path, hint: "If it is complete, import it with --replace.", cause: error },
    );
  }
}

/** Whether rows were refused, or no student of the roster is in the reports. */
export function hasRosterProblems({ refused, inReports }: RosterSummary): boolean {
  return refused > 0 || inReports === 0;
}

async function readStudents(request: RosterRequest, salt: string, header: Header): Promise<RosterStudents> {
  const { file, signal } = request;
  const students = new RosterStudents(salt);
  try {
    const open = progressing(request);
    for await (const row of readRoster(open, header)) {
      signal?.throwIfAborted();
      if ("reason" in row) students.refuse(row);
      else students.add(row);
    }
    students.settle();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof CleverLakeError) throw error;
    // A CSV parser's message may quote the file.
    throw new CleverLakeError("io", "The roster could not be read; nothing was written.", {
      subject: file.path,
    });
  }
  return students;
}

/** Opens the file for each reading, and reports how much of all readings is done. */
function progressing({ file, signal, onProgress }: RosterRequest) {
  // It is read twice.
  const all = file.size * 2;
  let done = 0;
  return () => {
    const stream = file.read(signal);
    if (onProgress) {
      stream.on("data", (chunk: Buffer) => {
        done += chunk.length;
        onProgress({ done, all });
      });
      stream.pause();
    }
    return stream;
  };
}

function requireRoster(file: RosterFile, students: RosterStudents): void {
  const { count, repeated, furtherSchools, refused, problems } = students;
  const [first] = problems;
  const line = first ? ` The first is line ${first.line}: ${first.reason}` : "";
  if (count === 0 && refused === 0) {
    throw new CleverLakeError("config", "There is no student in the roster; nothing was written.", {
      subject: file.path,
    });
  }
  if (refused > count + repeated + furtherSchools) {
    throw new CleverLakeError(
      "config",
      `${refused} of the roster's ${counted(count + repeated + furtherSchools + refused, "row")} cannot be imported; nothing was written.${line}`,
      { subject: file.path },
    );
  }
}

/** A school's id is stored as it is. Under the wrong header, it can be an id of a student. */
function requireSchools(file: RosterFile, { schools, count }: RosterStudents): void {
  if (schools <= minSchoolsToDoubt || 2 * schools <= count) return;
  throw new CleverLakeError(
    "config",
    `The column school_id holds ${integer(schools)} different values for ${counted(count, "student")}; nothing was written.`,
    { subject: file.path, hint: "Check that the column's header is above the schools' ids." },
  );
}

function requireGrades(file: RosterFile, { unknown }: RosterGrades): void {
  if (unknown.length <= maxUnknownGrades) return;
  throw new CleverLakeError(
    "config",
    `The column grade holds ${integer(unknown.length)} different values that are not Clever grades; nothing was written.`,
    { subject: file.path, hint: "Check that the column's header is above the grades." },
  );
}

function notARoster(file: RosterFile, { line, column, reason }: Problem): CleverLakeError {
  const where = column === undefined ? `line ${line}` : `line ${line}, column ${column}`;
  return new CleverLakeError("config", `The file cannot be read as a roster (${where}): ${reason}`, {
    subject: file.path,
    hint: `Give Clever's ${rosterFileName}, with the columns Student_id, School_id and Grade.`,
  });
}

/** Lands the file byte for byte, unless the newest kept one has the same bytes. Resolves to its path. */
async function keepRaw({ lake, file, signal }: RosterRequest, now: Date): Promise<string> {
  const options = { signal };
  const kept = await filesBelow(lake, rosterFolder, options);
  const newest = kept
    .map(({ path }) => path)
    .sort()
    .at(-1);
  const before = newest && (await sha256Of(lake.readStream(newest, options)));
  const target = keptRosterPath(folderName(now), rosterFileName);
  const { unchanged } = await writeUnlessUnchanged(lake, target, () => file.read(signal), before, options);
  return unchanged && newest !== undefined ? newest : target;
}
