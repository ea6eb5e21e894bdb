import { counted } from "../basics/counted";
import type { Finding, RunSummary } from "../pipeline/log/runRecord";
import type { IdentityHealth } from "../pipeline/read/checks/identityHealth";
import { plain, styled } from "./text";

/** What may be noticed, as a noun and what follows it. */
const findings: readonly (readonly [of: keyof IdentityHealth, noun: string, rest: string])[] = [
  ["wordsForNothing", "cell", "with a placeholder for a missing id, counted as blank"],
  ["sisIdsOfSeveral", "school system id", "with several Clever ids"],
  ["cleverIdsOfSeveral", "Clever id", "with several school system ids"],
];

/** What a run noticed about people's ids, one line per report; empty if nothing. */
export function identityLines(identities: RunSummary["identities"]): string[] {
  return Object.entries(identities ?? {}).flatMap(([report, health]) => {
    const remarksOfReport = findings.flatMap(([of, noun, rest]) =>
      health[of] > 0 ? [`${counted(health[of], noun)} ${rest}`] : [],
    );
    return remarksOfReport.length > 0
      ? [`  ids of people in ${report.replaceAll("_", " ")}: ${remarksOfReport.join("; ")}`]
      : [];
  });
}

/** The lines of `run` and `status` about changes by other programs. */
export function foreignChangeLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  return [
    styled("red", `Changed by other programs: ${counted(findings.length, "table")}`),
    ...findings.map(({ table, months, problem }) => {
      const which = months.length === 0 ? "" : ` (${months.join(", ")})`;
      return `  ${plain(table)}${which}: ${plain(problem)}`;
    }),
    `  clever-lake repair --dry-run shows what would be rebuilt from the landed files.`,
  ];
}
