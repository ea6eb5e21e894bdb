import type { RunSummary } from "../pipeline/log/runRecord";
import type { IdentityHealth } from "../pipeline/read/identityHealth";
import { integer } from "./text";

const findings: readonly {
  readonly of: keyof IdentityHealth;
  readonly one: string;
  readonly many: string;
}[] = [
  {
    of: "wordsForNothing",
    one: "cell with a word for nothing, counted as blank",
    many: "cells with a word for nothing, counted as blank",
  },
  {
    of: "sisIdsOfSeveral",
    one: "id of the school system with several Clever ids",
    many: "ids of the school system with several Clever ids",
  },
  {
    of: "cleverIdsOfSeveral",
    one: "Clever id with several ids of the school system",
    many: "Clever ids with several ids of the school system",
  },
];

/** What a run noticed about people's ids, one line per report; empty if nothing. */
export function identityLines(identities: RunSummary["identities"]): string[] {
  return Object.entries(identities ?? {}).flatMap(([report, health]) => {
    const remarksOfReport = findings.flatMap(({ of, one, many }) => {
      const count = health[of];
      return count > 0 ? [`${integer(count)} ${count === 1 ? one : many}`] : [];
    });
    return remarksOfReport.length > 0
      ? [`  ids of people in ${report.replaceAll("_", " ")}: ${remarksOfReport.join("; ")}`]
      : [];
  });
}
