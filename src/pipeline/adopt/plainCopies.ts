import { createHash } from "node:crypto";
import { withDoubledQuotes } from "../../clever/escapedQuotes";
import { landedPath } from "../../clever/layout";
import { folderTime } from "../../clever/oeaLanding";
import type { LakeAccess } from "../../delta/openLake";
import type { LogEntry } from "../log/ingestLog";
import { folderName } from "../plan/plan";
import type { OeaDelivery } from "./deliveries";
import type { InspectedLanding } from "./landings";

/**
 * A landed file with quotes escaped as `\"`, in Clever's format. It is written next to OEA's file, which stays. A
 * file's format cannot be detected from its bytes (`"C:\"` ends in one format and continues in the other), so without a
 * copy every reader of a landed file would have to know who wrote it.
 */
export interface PlainCopy {
  readonly of: InspectedLanding;
  readonly landedPath: string;
  readonly size: number;
  readonly sha256: string;
}

/** The copies of OEA's escaped files that an adoption makes, by the paths at which the lake already has files. */
export class PlainCopies {
  private readonly shas: ReadonlyMap<string, string>;

  constructor(
    private readonly access: LakeAccess,
    landings: readonly InspectedLanding[],
  ) {
    this.shas = new Map(landings.map(({ landedPath, sha256 }) => [landedPath, sha256]));
  }

  /** The landings without the copies that an interrupted adoption made of some of them. */
  async withoutCopies(landings: readonly InspectedLanding[]): Promise<InspectedLanding[]> {
    const copies = new Set<string>();
    for (const landing of landings) {
      if (landing.isEscaped && this.shas.has(plainPath(landing))) {
        copies.add((await this.of(landing)).landedPath);
      }
    }
    return landings.filter(({ landedPath }) => !copies.has(landedPath));
  }

  /** Writes a copy, unless it exists. */
  async write({ of, landedPath, sha256 }: PlainCopy): Promise<void> {
    if (this.shas.get(landedPath) === sha256) return;
    await this.access.lake.write(landedPath, this.plain(of), this.access);
  }

  /** The copy of an escaped file; written only by `write`. */
  async of(of: InspectedLanding): Promise<PlainCopy> {
    const hash = createHash("sha256");
    let size = 0;
    for await (const piece of this.plain(of)) {
      hash.update(piece);
      size += piece.length;
    }
    const sha256 = hash.digest("hex");
    // If OEA landed another file at that path, one second later is free.
    let target = plainPath(of);
    const first = folderTime(of.folder).getTime();
    for (let second = 1; (this.shas.get(target) ?? sha256) !== sha256; second++) {
      target = plainPath({ ...of, folder: folderName(new Date(first + 1000 * second)) });
    }
    return { of, landedPath: target, size, sha256 };
  }

  private plain({ landedPath }: InspectedLanding): AsyncGenerator<Buffer> {
    return withDoubledQuotes(this.access.lake.readStream(landedPath, this.access) as AsyncIterable<Buffer>);
  }
}

/** Where a landed file is in Clever's format: as if it had been landed byte for byte. */
function plainPath({ report, folder, userType, name }: InspectedLanding): string {
  return landedPath(report, folder, userType, name);
}

/** The log entry of the copy that is read for a delivery, as a later version of what OEA landed. */
export function plainEntry({ entries }: OeaDelivery, { landedPath, size, sha256 }: PlainCopy): LogEntry[] {
  const last = entries.at(-1);
  return last ? [{ ...last, outcome: "landed", landedPath, size, sha256, version: last.version + 1 }] : [];
}
