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
    one: "cell with a placeholder for a missing id, counted as blank",
    many: "cells with a placeholder for a missing id, counted as blank",
  },
  {
    of: "sisIdsOfSeveral",
    one: "school system id with several Clever ids",
    many: "school system ids with several Clever ids",
  },
  {
    of: "cleverIdsOfSeveral",
    one: "Clever id with several school system ids",
    many: "Clever ids with several school system ids",
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
