import type { UserType } from "../clever/reports";
import type { LogEntry } from "./ingestLog";
import type { LakeState, PlannedFile } from "./plan";
import { leftOutFor, mustStay } from "./stageFile";
import { twinInReason } from "./userTypeTwins";

/**
 * Whether a quarantined delivery can be accepted: the reason names a row below the header, rows that the tables have, or a
 * file of another user type that has the same rows. What is wrong with a file as a whole stays wrong, whoever accepts it.
 */
export function isAcceptable({ line, reason }: Pick<LogEntry, "line" | "reason">): boolean {
  if (line !== undefined) return line > 1;
  if (reason === undefined || reason.includes(mustStay)) return false;
  return reason.includes(leftOutFor) || twinInReason(reason) !== undefined;
}

/** Whether a delivery waits in quarantine: it was found wanting, and the tables do not have its rows. */
function isQuarantined(entry: LogEntry, applied: LakeState["applied"]): boolean {
  return entry.outcome === "quarantined" && (applied.get(entry.source) ?? 0) < entry.version;
}

/** The newest deliveries that wait in quarantine, of the user types that the configuration does not leave out. */
export function waitingInQuarantine({ log, applied }: LakeState, userTypes: readonly UserType[]): LogEntry[] {
  return [...log.values()].filter(
    (entry) => userTypes.includes(entry.userType) && isQuarantined(entry, applied),
  );
}

/**
 * Quarantined deliveries whose files have left the server. Their rows are in no table, so they are to be seen until
 * somebody has dealt with them.
 */
export function quarantinedAndGone(
  plan: readonly PlannedFile[],
  state: LakeState,
  userTypes: readonly UserType[],
): PlannedFile[] {
  const onServer = new Set(plan.map(({ source }) => source));
  const paths = new Set(plan.map(({ path }) => path));
  return waitingInQuarantine(state, userTypes).flatMap((entry): PlannedFile[] => {
    if (onServer.has(entry.source) || paths.has(entry.path)) return [];
    const { path, size, modified, report, userType, source } = entry;
    const reason = `${entry.reason ?? "It could not be read."} The file has left the server; the lake has its copy.`;
    return [{ path, size, modified, state: "quarantined", report, userType, reason, source, entry }];
  });
}
