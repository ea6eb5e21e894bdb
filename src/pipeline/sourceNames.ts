import { type ReportFile, recognizeReport } from "../clever/fileNames";
import type { LakeState } from "./plan";

/**
 * Finds what the lake calls the source of a report. A source is a report by its name, in whatever folder it stands (where
 * the name has a date): after a move of the reports, or with another root, each file is still a delivery of its source.
 * The lake calls a source by the path under which it first came.
 */
export function sourceNames(lake: LakeState): (report: ReportFile) => string {
  const versions = new Map(lake.applied);
  for (const { source, version } of lake.log.values()) versions.set(source, version);
  const named = new Map<string, string>();
  // Lakes of the first versions of this program may have one name under several paths: the newest one goes on.
  for (const [source] of [...versions].sort(([, a], [, b]) => a - b)) {
    const name = recognizeReport(source)?.name;
    if (name !== undefined) named.set(name, source);
  }
  return ({ source, name }) => {
    if (versions.has(source)) return source;
    const known = named.get(name);
    if (known !== undefined) return known;
    named.set(name, source);
    return source;
  };
}
