import type { UserType } from "../../clever/reports";
import { compareCodePoints } from "../../delta/codePoints";
import { toSeconds } from "./plan";

export interface SourceOfRows {
  readonly source: string;
  readonly userType: UserType;
}

/** A source and the time of its current delivery, according to the server. */
export interface DatedSource {
  readonly source: string;
  readonly modified: Date;
}

/**
 * Sorts sources, oldest first: by the server's modification time in seconds, then by name. The order of landing plays
 * no part, so the order of runs does not matter.
 */
export function oldestFirst<T extends DatedSource>(sources: Iterable<T>): T[] {
  return [...sources].sort(
    (a, b) => toSeconds(a.modified) - toSeconds(b.modified) || compareCodePoints(a.source, b.source),
  );
}
