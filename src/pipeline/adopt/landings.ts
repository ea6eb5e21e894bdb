import { createHash } from "node:crypto";
import { mapConcurrently } from "../../basics/mapConcurrently";
import { EscapedQuoteSearch } from "../../clever/escapedQuotes";
import { headerBytes } from "../../clever/header";
import { landedFolder } from "../../clever/layout";
import { type OeaLanding, oeaLandingAt, userTypeOf } from "../../clever/oeaLanding";
import type { Report, UserType } from "../../clever/reports";
import type { LakeAccess } from "../../delta/openLake";
import { filesBelow } from "../../lake/filesBelow";
import type { LakeEntry } from "../../lake/lake";
import { concurrentFiles } from "../read/landedFiles";

/** A file that OEA landed, with facts from its bytes. */
export interface InspectedLanding extends OeaLanding {
  readonly userType: UserType;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Whether it has quotes escaped as `\"`, so that it must be rewritten in Clever's format to be read. */
  readonly isEscaped: boolean;
}

export interface InspectedLandings {
  readonly landings: readonly InspectedLanding[];
  /** Raw files of no known layout; OEA's notebook does not read them either. */
  readonly notTaken: readonly string[];
}

/** Lists and reads the files that OEA landed for these reports. */
export async function findLandings(
  access: LakeAccess,
  reports: readonly Report[],
  onProgress: (done: number, files: number) => void,
): Promise<InspectedLandings> {
  const files: { entry: LakeEntry; landing: OeaLanding }[] = [];
  const notTaken: string[] = [];
  for (const report of reports) {
    for (const entry of await filesBelow(access.lake, landedFolder(report), access)) {
      if (!entry.path.endsWith(".csv")) continue;
      const landing = oeaLandingAt(entry.path);
      if (landing) files.push({ entry, landing });
      else notTaken.push(entry.path);
    }
  }
  let done = 0;
  onProgress(done, files.length);
  const landings = await mapConcurrently(files, concurrentFiles, async ({ entry, landing }) => {
    access.signal?.throwIfAborted();
    const found = await readLanding(access, landing, entry.size);
    onProgress(++done, files.length);
    return found;
  });
  return { landings, notTaken: notTaken.sort() };
}

async function readLanding(access: LakeAccess, landing: OeaLanding, size: number): Promise<InspectedLanding> {
  const hash = createHash("sha256");
  const search = new EscapedQuoteSearch();
  const start: Buffer[] = [];
  let read = 0;
  for await (const chunk of access.lake.readStream(landing.landedPath, access)) {
    const piece = chunk as Buffer;
    hash.update(piece);
    if (landing.hasBackslashes) search.add(piece);
    if (read < headerBytes) start.push(piece.subarray(0, headerBytes - read));
    read += piece.length;
  }
  const header =
    Buffer.concat(start)
      .toString("latin1")
      .split(/[\r\n]/, 1)[0] ?? "";
  return {
    ...landing,
    userType: userTypeOf(landing, header),
    size,
    sha256: hash.digest("hex"),
    isEscaped: search.found,
  };
}
