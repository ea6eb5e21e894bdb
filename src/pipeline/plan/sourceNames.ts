import { type ReportFile, recognizeReport } from "../../clever/fileNames";
import type { LogEntry } from "../log/ingestLog";
import type { LakeState, PlannedFile } from "./plan";

/** The sources of a lake by their names; see `sourceNamer`. */
export function sourcesByName(lake: Omit<LakeState, "named">): Map<string, string> {
  const { applied, log } = lake;
  const named = new Map<string, string>();
  // Lakes of the first versions may have one name under several paths. Each that has rows, or will have some, stays a
  // separate source; quarantined and dismissed ones are deliveries of the newest of these.
  const isBetter = (source: string, than: string) => {
    const versionOf = (each: string) => log.get(each)?.version ?? applied.get(each) ?? 0;
    const difference = Number(counts(source, lake)) - Number(counts(than, lake));
    return difference > 0 || (difference === 0 && versionOf(source) >= versionOf(than));
  };
  for (const source of new Set([...applied.keys(), ...log.keys()])) {
    const name = recognizeReport(source)?.name;
    const best = name && named.get(name);
    if (name && (best === undefined || isBetter(source, best))) named.set(name, source);
  }
  return named;
}

/**
 * Finds the lake's name for the source of a report. A source is a report by its name, in any folder (if the name has a
 * date). After a move of the reports, or with another root, each file is therefore still a delivery of its source. The
 * lake names a source by the path under which it was first seen.
 */
export function sourceNamer(lake: LakeState): (report: ReportFile) => string {
  const { applied, log, named } = lake;
  const added = new Map<string, string>();
  return ({ source, name }) => {
    const best = named.get(name) ?? added.get(name);
    if (best === undefined) added.set(name, source);
    if (best === undefined || best === source) return source;
    const isOther = applied.has(source) || log.has(source);
    return isOther && counts(source, lake) === counts(best, lake) ? source : best;
  };
}

/** Whether a source has rows in the tables, or may get some. */
function counts(source: string, { applied, open }: Pick<LakeState, "applied" | "open">): boolean {
  return applied.has(source) || (open.get(source) ?? []).some(({ outcome }) => outcome !== "duplicate");
}

/**
 * The lake's state with the server's current paths: a known file goes by its path on the server, wherever it was moved.
 * Entries that were quarantined or dismissed under a path whose file is now a delivery of another source are left out.
 */
export function withServerPaths(lake: LakeState, plan: readonly PlannedFile[]): LakeState {
  const log = new Map(lake.log);
  for (const file of plan) {
    const { source, path, entry } = file;
    if (source && entry && entry.path !== path && isUnchangedDelivery(file))
      log.set(source, { ...entry, path });
  }
  const read = new Map(plan.map((file) => [file.path, file.state === "ignored" ? undefined : file.source]));
  const nameOfSource = sourceNamer(lake);
  const best = new Set(lake.named.values());
  for (const [source, entry] of lake.log) {
    const recognized = best.has(source) ? undefined : recognizeReport(source);
    const now = recognized === undefined ? source : nameOfSource(recognized);
    if (now === source) continue;
    const newest = lake.log.get(now);
    // Even after the file has left the server.
    const wasRead = newest?.path === entry.path && newest.version > entry.version;
    if (entry.outcome === "duplicate" || read.get(entry.path) === now || wasRead) log.delete(source);
  }
  const open = [...lake.open].flatMap(([source, waiting]): [string, readonly LogEntry[]][] => {
    const newest = log.get(source);
    if (newest === undefined) return [];
    return [[source, waiting.map((entry) => (entry.version === newest.version ? newest : entry))]];
  });
  return { ...lake, log, open: new Map(open) };
}

/** Whether the server's file is the logged delivery; an older copy, which is ignored, is not. */
export function isUnchangedDelivery({ state, entry }: PlannedFile): boolean {
  return entry !== undefined && state !== "ignored" && state !== "new" && state !== "changed";
}
