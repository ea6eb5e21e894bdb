import { withDoubledQuotes } from "../../clever/escapedQuotes";
import { landedPath } from "../../clever/layout";
import { folderTime } from "../../clever/oeaLanding";
import type { LakeAccess } from "../../delta/openLake";
import { folderName } from "../plan/plan";
import type { Content, InspectedLanding } from "./landings";

/** The hashes of the files that the lake has, by path. */
export type LandedHashes = ReadonlyMap<string, string>;

/**
 * Where the copy of a landed file with quotes escaped as `\"` is in Clever's format: as if it had been landed byte for
 * byte. It is next to OEA's file, which stays. A file's format cannot be detected from its bytes (`"C:\"` ends in one
 * format and continues in the other), so without a copy every reader of a landed file would have to know who wrote it.
 */
function pathOfCopy(
  { report, folder, userType, name, plain }: InspectedLanding,
  hashes: LandedHashes,
): string {
  const first = folderTime(folder).getTime();
  for (let second = 0; ; second++) {
    const path = landedPath(report, folderName(new Date(first + 1000 * second)), userType, name);
    // If OEA landed another file at that path, one second later is free.
    if (!hashes.has(path) || hashes.get(path) === plain?.sha256) return path;
  }
}

/** The landings without the copies that an interrupted adoption made of some of them. */
export function withoutCopies(
  landings: readonly InspectedLanding[],
  hashes: LandedHashes,
): InspectedLanding[] {
  const copies = new Set(landings.flatMap((landing) => (landing.plain ? [pathOfCopy(landing, hashes)] : [])));
  return landings.filter((landing) => !copies.has(landing.landedPath));
}

/** Writes the copy of a landed file, unless it exists; resolves to it. Undefined if the file needs none. */
export async function writeCopy(
  access: LakeAccess,
  landing: InspectedLanding,
  hashes: LandedHashes,
): Promise<(Content & Pick<InspectedLanding, "landedPath">) | undefined> {
  const { plain } = landing;
  if (plain === undefined) return undefined;
  const path = pathOfCopy(landing, hashes);
  if (!hashes.has(path)) {
    const stream = access.lake.readStream(landing.landedPath, access) as AsyncIterable<Buffer>;
    await access.lake.write(path, withDoubledQuotes(stream), access);
  }
  return { ...plain, landedPath: path };
}
