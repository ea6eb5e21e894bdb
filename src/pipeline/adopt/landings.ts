import { createHash } from "node:crypto";
import { mapConcurrently } from "../../basics/mapConcurrently";
import { withDoubledQuotes } from "../../clever/escapedQuotes";
import { headerBytes } from "../../clever/header";
import { landedFolder } from "../../clever/layout";
import { type OeaLanding, oeaLandingAt, userTypeOf } from "../../clever/oeaLanding";
import type { Report, UserType } from "../../clever/reports";
import type { LakeAccess } from "../../delta/openLake";
import { filesBelow } from "../../lake/filesBelow";
import { concurrentFiles } from "../read/landedFiles";

/** The size of some bytes, and their SHA-256 in lower-case hex. */
export interface Content {
  readonly size: number;
  readonly sha256: string;
}

/** A file that OEA landed, with facts from its bytes. */
export interface InspectedLanding extends OeaLanding, Content {
  readonly userType: UserType;
  /** Its content in Clever's format, if it has quotes escaped as `\"`, so that it must be rewritten to be read. */
  readonly plain: Content | undefined;
}

/**
 * Lists and reads the files that OEA landed for these reports.
 *
 * @returns them, and as `notTaken` the raw files of no known layout; OEA's notebook does not read these either
 */
export async function findLandings(
  access: LakeAccess,
  reports: readonly Report[],
  onProgress: (done: number, files: number) => void,
) {
  const files: OeaLanding[] = [];
  const notTaken: string[] = [];
  for (const report of reports) {
    for (const { path } of await filesBelow(access.lake, landedFolder(report), access)) {
      if (!path.endsWith(".csv")) continue;
      const landing = oeaLandingAt(path);
      if (landing) files.push(landing);
      else notTaken.push(path);
    }
  }
  let done = 0;
  onProgress(done, files.length);
  const landings = await mapConcurrently(files, concurrentFiles, async (landing) => {
    access.signal?.throwIfAborted();
    const found = await readLanding(access, landing);
    onProgress(++done, files.length);
    return found;
  });
  return { landings, notTaken: notTaken.sort() };
}

async function readLanding(access: LakeAccess, landing: OeaLanding): Promise<InspectedLanding> {
  const stream = access.lake.readStream(landing.landedPath, access) as AsyncIterable<Buffer>;
  const start: Buffer[] = [];
  const landed = new Digest();
  const pieces = async function* () {
    for await (const piece of stream) {
      if (landed.size < headerBytes) start.push(piece.subarray(0, headerBytes - landed.size));
      landed.add(piece);
      yield piece;
    }
  };
  const rewritten = new Digest();
  const read = landing.hasBackslashes ? withDoubledQuotes(pieces()) : pieces();
  for await (const piece of read) rewritten.add(piece);
  const [own, plain] = [landed.content(), rewritten.content()];
  const header =
    Buffer.concat(start)
      .toString("latin1")
      .split(/[\r\n]/, 1)[0] ?? "";
  return {
    ...landing,
    ...own,
    userType: userTypeOf(landing, header),
    plain: plain.sha256 === own.sha256 ? undefined : plain,
  };
}

/** The size and hash of bytes that arrive in pieces. */
class Digest {
  size = 0;
  private readonly hash = createHash("sha256");

  add(piece: Buffer): void {
    this.size += piece.length;
    this.hash.update(piece);
  }

  content(): Content {
    return { size: this.size, sha256: this.hash.digest("hex") };
  }
}
