import type { UserType } from "../../clever/reports";
import type { LogEntry } from "../log/ingestLog";
import type { LakeState, PlannedFile } from "./plan";

/**
 * Whether a person can accept a quarantined delivery so that its rows count. Entries of earlier versions do not say so.
 * A bad header, and so a bad file as a whole, cannot be accepted.
 */
export function isAcceptable({ acceptable, line }: Pick<LogEntry, "acceptable" | "line">): boolean {
  return acceptable ?? line !== 1;
}

/** Whether a delivery was rejected, so that its rows enter the tables only if a person accepts it. */
export function isRejected(entry: Pick<LogEntry, "outcome"> | undefined): boolean {
  return entry?.outcome === "quarantined" || entry?.outcome === "dismissed";
}

/** Whether a delivery is in quarantine: it was rejected, and the tables do not have its rows. */
export function isQuarantined(entry: LogEntry, applied: LakeState["applied"]): boolean {
  return entry.outcome === "quarantined" && (applied.get(entry.source) ?? 0) < entry.version;
}

/** The newest deliveries in quarantine, of the configured user types, by path. */
export function waitingInQuarantine(
  { log, applied }: Pick<LakeState, "log" | "applied">,
  userTypes: readonly UserType[],
): LogEntry[] {
  return [...log.values()]
    .filter((entry) => userTypes.includes(entry.userType) && isQuarantined(entry, applied))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/**
 * Quarantined deliveries whose files have left the server. Their rows are in no table, so they are shown until a person
 * has dealt with them.
 */
export function quarantinedNotOnServer(
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
