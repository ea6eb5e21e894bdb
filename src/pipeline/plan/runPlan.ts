import { CleverLakeError } from "../../basics/errors";
import type { SourceListing } from "../../sftp/source";
import { type LogEntry, unexplainedRows } from "../log/ingestLog";
import type { IngestLog } from "../log/logTable";
import type { RunRequest } from "../runRequest";
import { compareContents, presentDeliveries, withLostLandedFiles } from "./changedFiles";
import type { ReportKind } from "./freshness";
import { withKnownCopies } from "./knownCopies";
import { type LakeState, type Landing, makePlan, type PlannedFile, planLandings, runStart } from "./plan";
import { withServerPaths } from "./sourceNames";
import { acceptsFile, isDue, roundsOf } from "./work";

/** What a run knows before it decides. */
export interface Known {
  readonly log: IngestLog;
  /** Undefined without a server. */
  readonly listing: SourceListing | undefined;
  readonly state: LakeState;
  readonly now: Date;
}

/** What a run is going to do. */
export interface RunPlan {
  /** All that the server lists. */
  readonly listed: readonly PlannedFile[];
  /** The files that the run is asked for, with what it will do with them. */
  readonly files: readonly PlannedFile[];
  /** What the lake holds, with the server's paths. */
  readonly state: LakeState;
  readonly landings: Landing[];
  /** In rounds, landed deliveries to be read before the newer ones of their sources. */
  readonly earlier: readonly (readonly LogEntry[])[];
  /** Landed deliveries to be read together with what lands. */
  readonly pending: readonly LogEntry[];
  /** Files to be accepted that have nothing waiting. */
  readonly unneededConsents: readonly string[];
  /** Landed files, or files that land, that this run does not pseudonymize. */
  readonly unread: readonly ReportKind[];
}

/**
 * Decides what a run does. Reads the server only to compare by content. Rejects with `config` if a file to be accepted
 * is unknown, and `corrupt` if the lake's newest delivery is dated in an impossible year.
 */
export async function planRun(
  request: RunRequest,
  { log, listing, state: known, now }: Known,
): Promise<RunPlan> {
  const { lake, source, userTypes, only, connections, compare, signal } = request;
  const pseudonymizes = request.command !== "ingest";
  const listed = await withKnownCopies(listing ? makePlan(listing, known, userTypes) : [], log, signal);
  const state = withServerPaths(known, listed);
  const selected = only && new Set(only);
  const requested = listed.filter(({ path }) => selected?.has(path) ?? true);
  const compared =
    source && compare === "hash"
      ? await compareContents(source, requested, connections ?? defaultConnections, signal)
      : requested;
  const accept = new Set(request.accept);
  const isNeeded = (entry: LogEntry) => isDue(entry, state, accept) || unexplainedRows(entry) > 0;
  const files = await withLostLandedFiles(lake, compared, isNeeded, signal);
  const landings = planLandings(files, runStart(known, now));
  const landing = new Set(landings.map((each) => each.source));
  const { before, last } = roundsOf(state, landing, accept, (entry) => isRequested(request, entry));
  const others = [...before.flat(), ...last, ...landings];
  const pending = [...last, ...(await incompleteDeliveries(request, state, others))];
  return {
    listed,
    files,
    state,
    landings,
    // One whose landed file is gone cannot be read; the newer one is judged without it.
    earlier: pseudonymizes ? await presentDeliveries(lake, before, signal) : [],
    pending: pseudonymizes ? pending : [],
    unneededConsents: unneededConsents(request, pending, files),
    // Their days are not known yet.
    unread: pseudonymizes ? [] : [...landings, ...last],
  };
}

/** Files read from the server concurrently. */
export const defaultConnections = 4;

/**
 * Current deliveries of which the table may lack rows, and whose landed file is there, such as one that was restored.
 *
 * @param others what else the run reads: it replaces the rows of these sources
 */
async function incompleteDeliveries(
  request: RunRequest,
  { current }: LakeState,
  others: readonly { readonly source: string }[],
): Promise<LogEntry[]> {
  const read = new Set(others.map(({ source }) => source));
  const incomplete = [...current.values()].filter(
    (entry) => unexplainedRows(entry) > 0 && !read.has(entry.source) && isRequested(request, entry),
  );
  return (await presentDeliveries(request.lake, [incomplete], request.signal)).flat();
}

function isRequested({ userTypes, only }: RunRequest, { userType, path }: LogEntry): boolean {
  return userTypes.includes(userType) && (only === undefined || only.includes(path));
}

/** The accepted files that have nothing waiting. Rejects with `config` for an unknown file. */
function unneededConsents(
  request: RunRequest,
  pending: readonly LogEntry[],
  files: readonly PlannedFile[],
): string[] {
  return (request.accept ?? []).filter((path) => {
    if (pending.some((entry) => acceptsFile(new Set([path]), entry))) return false;
    const file = files.find((each) => each.path === path);
    if (file) return file.state === "anonymized" || file.report === undefined;
    throw new CleverLakeError("config", "There is no file of this name to accept; nothing was done.", {
      subject: path,
      hint: "Name it as `clever-lake status` shows it.",
    });
  });
}
