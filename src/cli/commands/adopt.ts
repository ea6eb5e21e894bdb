import { counted } from "../../basics/counted";
import { CleverLakeError } from "../../basics/errors";
import { adoptLake } from "../../pipeline/adopt/adoptLake";
import {
  type AdoptProgress,
  type AdoptSummary,
  type AdoptWarning,
  hasAdoptProblems,
  unexplainedRows,
} from "../../pipeline/adopt/adoptSummary";
import type { ComparedMonth, ComparedTable } from "../../pipeline/adopt/compareRows";
import { type CommandAction, shown } from "../command";
import { confirmed } from "../confirmed";
import { openConfigured } from "../connect";
import { shareOnTerminal } from "../progressBar";
import { columns } from "../table";
import { duration, integer, plain, styled } from "../text";

/**
 * `adopt`: turns a lake that OEA's own notebooks wrote into one of ours. It first shows what it would do, then asks.
 */
export const adoptOeaLake: CommandAction<{ readonly dryRun?: true; readonly yes?: true }> = async (
  options,
  context,
) => {
  const { signal } = context;
  const { config, lake, readSalt } = await openConfigured(options, context);
  const salt = await readSalt();
  const adopt = async (dryRun: boolean): Promise<AdoptSummary> => {
    using share = shareOnTerminal();
    return await adoptLake({
      lake,
      dryRun,
      salt,
      maxShrink: config.maxShrink,
      signal,
      onProgress: (progress) => share.show(phases[progress.phase], progress),
    });
  };
  const plan = options.yes === true ? undefined : await adopt(true);
  if (plan?.state === "planned" && options.dryRun !== true) {
    console.error(showAdopt(plan));
    await requireConsent(signal);
  }
  const isDone = plan !== undefined && (options.dryRun === true || plan.state !== "planned");
  const summary = isDone ? plan : await adopt(options.dryRun === true);
  return shown(summary, showAdopt, hasAdoptProblems);
};

async function requireConsent(signal: AbortSignal): Promise<void> {
  if (await confirmed("Adopt this lake?", signal)) return;
  throw new CleverLakeError("config", "The lake was not adopted; nothing was changed.", {
    hint: "To adopt it without asking, run `clever-lake adopt --yes`.",
  });
}

/** Text output of `adopt`: the current state, the planned changes, and the counts that prove the result. */
function showAdopt(summary: AdoptSummary): string {
  const { state, comparison, warnings } = summary;
  if (state === "nothing")
    return `${styled("green", "Nothing to adopt.")} No table of this lake is OEA's own.`;
  const parts = [
    tableListing(summary),
    ...(state === "adoptedBefore" ? [] : [landedText(summary), saltText(summary)]),
    ...comparison.map(comparedText),
    ...(warnings.length > 0 ? [warnings.map(warningLine).join("\n")] : []),
    verdict(summary),
  ];
  return parts.join("\n\n");
}

function tableListing({ tables, state }: AdoptSummary): string {
  const head = state === "planned" ? "will be moved to" : "is now";
  const rows = tables.map(({ table, movedTo, rows, distinctRows, lastCommit }) => [
    plain(table),
    integer(rows),
    integer(distinctRows),
    lastCommit?.slice(0, 16).replace("T", " ") ?? "",
    plain(movedTo),
  ]);
  return columns(["OEA's table", "Rows", "distinct", "Last written (UTC)", head], rows, [1, 2]);
}

function landedText({ files }: AdoptSummary): string {
  const { landed, bySink, distinct, sources, redelivered, escaped, notTaken } = files;
  const lines = [
    `OEA landed ${counted(landed, "file")}, of which ${integer(distinct)} are distinct by name and content. These are read once each, as deliveries of ${counted(sources, "report")}.`,
    ...(bySink > 0
      ? [
          `${integer(bySink)} are from OEA's production pipeline: they have no folder for the user type, and their times are in US Central time.`,
        ]
      : []),
    ...(escaped > 0
      ? [
          `${counted(escaped, "file")} with quotes escaped as \\": a copy with doubled quotes is written next to each. OEA's files are not changed.`,
        ]
      : []),
    ...(redelivered.length > 0
      ? [
          `${counted(redelivered.length, "report")} landed with different content; the last one counts:`,
          ...listed(redelivered),
        ]
      : []),
    ...(notTaken.length > 0
      ? [
          `${counted(notTaken.length, "raw file")} in places that OEA's notebook does not read; left as they are:`,
          ...listed(notTaken),
        ]
      : []),
  ];
  return lines.join("\n");
}

const maxListed = 10;

function listed(paths: readonly string[]): string[] {
  const more = paths.length - maxListed;
  return [
    ...paths.slice(0, maxListed).map((path) => `  ${plain(path)}`),
    ...(more > 0 ? [`  and ${integer(more)} more`] : []),
  ];
}

function saltText({ pseudonyms: { ids, unsalted, map } }: AdoptSummary): string {
  if (ids === 0)
    return "OEA's lookup tables are empty, so they do not show whether its pseudonyms have a salt.";
  if (map === null) return `OEA made the pseudonyms of ${counted(ids, "id")} with a salt, which is kept.`;
  return `OEA made the pseudonyms of ${integer(unsalted)} of ${counted(ids, "id")} without a salt: anyone can compute them. New pseudonyms use your salt; ${map} maps the old ones to the new ones. Once you no longer need OEA's tables, remove them or revoke all access to them.`;
}

/** Why a row of OEA's tables is not in ours, in the order in which the reasons are checked. */
const reasons = [
  ["misread", "read wrongly by OEA: a value is missing that every row has"],
  ["superseded", "a later delivery, or a newer file, has different values for the same person and day"],
  ["quarantined", "from files in quarantine"],
  ["withdrawn", "only in an earlier delivery"],
  ["unexplained", "not explained"],
] as const satisfies readonly (readonly [keyof ComparedMonth, string])[];

function comparedText({ table, months }: ComparedTable): string {
  const used = reasons.filter(([name]) => months.some((month) => month[name] > 0));
  const hasOthers = months.some(({ onlyOurs }) => onlyOurs > 0);
  const head = ["Month", "OEA's rows", "distinct", "in both", ...used.map(([name]) => name)];
  const listing = columns(
    [...head, "our rows", ...(hasOthers ? ["only ours"] : [])],
    months.map((month) => [
      month.month ?? "no date",
      integer(month.oeaRows),
      integer(month.oeaDistinct),
      integer(month.same),
      ...used.map(([name]) => integer(month[name])),
      integer(month.rows),
      ...(hasOthers ? [integer(month.onlyOurs)] : []),
    ]),
    Array.from({ length: head.length + 1 }, (_, index) => index + 1),
  );
  const words = [
    ...used.map(([name, text]) => `  ${name}: ${text}`),
    ...(hasOthers ? ["  only ours: read wrongly by OEA, never read by it, or of teachers and staff"] : []),
  ];
  return [`${styled("bold", plain(table))}, row by row against OEA's`, listing, ...words].join("\n");
}

function warningLine(warning: AdoptWarning): string {
  const subject = plain(warning.subject);
  switch (warning.kind) {
    case "recentCommit":
    case "recentLanding": {
      const did = warning.kind === "recentCommit" ? "wrote" : "landed";
      return `${styled("yellow", "OEA's job may still be active:")} it ${did} ${subject} on ${warning.time.slice(0, 10)}. Turn it off, or it will write every row again.`;
    }
    case "rowsSince":
      return `${styled("red", "OEA's job is still active:")} ${subject} has ${counted(warning.count, "row")} that it has written since. Turn it off. Restore the table to the previous version.`;
    case "landingsSince":
      return `${styled("red", "OEA's job is still active:")} it has landed ${counted(warning.count, "file")} since, first ${subject}. Turn it off. Runs ingest the same files from the server.`;
  }
}

function verdict(summary: AdoptSummary): string {
  const { state, run, milliseconds } = summary;
  if (state === "planned") {
    return `${styled("cyan", "Plan:")} our tables are built from the landed files; OEA's are moved next to them. None of OEA's files are deleted. Nothing has been changed yet.`;
  }
  const unexplained = unexplainedRows(summary);
  const proof =
    unexplained === 0
      ? "Every distinct row of OEA's tables is in our tables or accounted for."
      : styled(
          "red",
          `${counted(unexplained, "row")} in OEA's tables ${unexplained === 1 ? "is" : "are"} unexplained.`,
        );
  if (state === "adoptedBefore" || run === null) {
    return `${styled("green", "Nothing to adopt:")} the lake was adopted before. ${proof}`;
  }
  return [
    `${styled("green", "Adopted:")} ${counted(run.anonymized, "distinct file")} read into our tables, in ${duration(milliseconds)}. ${proof}`,
    ...run.quarantined.map(
      ({ path, line, reason }) =>
        `${styled("red", "Quarantined:")} ${plain(path)}${line === null ? "" : `, line ${line}`}: ${plain(reason)}`,
    ),
    ...run.failed.map(
      ({ path, reason }) =>
        `${styled("red", "Failed:")} ${plain(path)}: ${plain(reason)} The next run retries it.`,
    ),
  ].join("\n");
}

/** What an adoption is doing, for its progress. */
const phases: Readonly<Record<AdoptProgress["phase"], string>> = {
  inspecting: "Reading OEA's landed files",
  building: "Building the tables",
  comparing: "Comparing with OEA's tables",
};
