import { type ReportFile, recognizeReport } from "../../clever/fileNames";
import type { LogEntry } from "../log/ingestLog";
import type { LakeState, PlannedFile } from "./plan";

/**
 * Finds the lake's name for the source of a report. A source is a report by its name, in any folder (if the name has a
 * date). After a move of the reports, or with another root, each file is therefore still a delivery of its source. The
 * lake names a source by the path under which it was first seen.
 */
export function sourceNamer(lake: LakeState): (report: ReportFile) => string {
  // Lakes of the first versions may have one name under several paths. Each that has rows, or will have some, stays a
  // separate source; quarantined and dismissed ones are deliveries of the newest of these.
  const versions = new Map(lake.applied);
  for (const { source, version } of lake.log.values()) versions.set(source, version);
  const known = [...versions].map(([source, version]) => ({ source, version, counts: counts(source, lake) }));
  const named = new Map<string, (typeof known)[number]>();
  for (const each of known.sort((a, b) => Number(a.counts) - Number(b.counts) || a.version - b.version)) {
    const name = recognizeReport(each.source)?.name;
    if (name !== undefined) named.set(name, each);
  }
  return ({ source, name }) => {
    const best = named.get(name);
    if (best !== undefined)
      return versions.has(source) && counts(source, lake) === best.counts ? source : best.source;
    named.set(name, { source, version: 0, counts: false });
    return source;
  };
}

/** Whether a source has rows in the tables, or may get some. */
function counts(source: string, { applied, open }: LakeState): boolean {
  return applied.has(source) || (open.get(source) ?? []).some(({ outcome }) => outcome !== "duplicate");
}

/**
 * The lake's state with the server's current paths: a known file goes by its path on the server, wherever it was moved.
 * Entries that were quarantined or dismissed under a path whose file is now a delivery of another source are left out.
 */
export function withServerPaths(lake: LakeState, plan: readonly PlannedFile[]): LakeState {
  const paths = new Map(
    plan.flatMap((file) => (isUnchangedDelivery(file) && file.source ? [[file.source, file.path]] : [])),
  );
  const read = new Map(plan.map((file) => [file.path, file.state === "ignored" ? undefined : file.source]));
  const nameOfSource = sourceNamer(lake);
  const entries = [...lake.log].flatMap(([source, entry]): [string, LogEntry][] => {
    const recognized = recognizeReport(source);
    const now = recognized === undefined ? source : nameOfSource(recognized);
    if (now === source) return [[source, { ...entry, path: paths.get(source) ?? entry.path }]];
    const newest = lake.log.get(now);
    // Even after the file has left the server.
    const wasRead = newest?.path === entry.path && newest.version > entry.version;
    const isSettled = entry.outcome === "duplicate" || read.get(entry.path) === now || wasRead;
    return isSettled ? [] : [[source, entry]];
  });
  const log = new Map(entries);
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
