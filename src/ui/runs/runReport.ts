import * as vscode from "vscode";
import { isCleverLakeError } from "../../basics/errors";
import type { LogLine, RunDetails, RunSummary } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { logWord, rowColumns } from "../pages/ingestLogPage";
import { column, tableSection } from "../pages/markdown";
import { MarkdownPages } from "../pages/markdownPages";
import type { Parts } from "../parts";
import { bytes, duration, integer, nameOf, timeInName, unbroken } from "../texts/format";
import { inVsCode } from "../texts/hints";
import { overdueText } from "../texts/overdue";
import { asMarkdown } from "../texts/untrustedText";
import { outcomeWord } from "../trees/runsTree";

const scheme = "clever-run";

/** Shows runs' records as Markdown pages, which are updated while they are open. */
export function runReports({ model, client, log }: Parts): MarkdownPages {
  const pageOf = async ({ query: runId }: vscode.Uri) => {
    const connected = await model.connected();
    try {
      return reportOf(await client.request(engine.readRun, { ...connected, runId }));
    } catch (error) {
      if (isCleverLakeError(error, "notFound")) return noReport(runId);
      throw error;
    }
  };
  return new MarkdownPages(scheme, log, pageOf, model.onDidChangeLake);
}

/** The URI of a run's page. VS Code uses the last part of its path as the tab's title. */
export function runPage(runId: string): vscode.Uri {
  return vscode.Uri.from({ scheme, path: `/${titleOf(runId)}`, query: runId });
}

/** `Run 2026-11-22 14:03`, from the time at the start of a run's id. */
function titleOf(runId: string): string {
  const [, day, time] = /^([\d-]{10})T(\d\d-\d\d-\d\d)/.exec(runId) ?? [];
  const began = Date.parse(`${day}T${time?.replaceAll("-", ":")}Z`);
  return vscode.l10n.t("Run {0}", Number.isNaN(began) ? runId : timeInName(began));
}

/** The page for a run without a record: it had nothing to do, or the connection was changed to another lake. */
function noReport(runId: string): string {
  return [
    `# ${asMarkdown(titleOf(runId))}`,
    "",
    vscode.l10n.t("The lake has no record of this run: it found nothing new, or was a run of another lake."),
  ].join("\n");
}

/** A run as Markdown: its files from the ingest log, and the run's own summary for the rest. */
export function reportOf(run: RunDetails): string {
  const title = `**${outcomeWord(run.outcome)}** · ${asMarkdown(run.runId)}`;
  const lines = [`# ${asMarkdown(titleOf(run.runId))}`, "", title, ""];
  if (run.error !== undefined) lines.push(`> ${asMarkdown(inVsCode(run.error))}`, "");
  const { summary } = run;
  if (summary === undefined)
    lines.push(vscode.l10n.t("The run has no summary: it is still running or was interrupted."), "");
  else lines.push(...numbersOf(summary), ...problemSentences(summary));
  return [...lines, ...filesOf(run), ...(summary === undefined ? [] : remarksOf(summary))].join("\n");
}

function numbersOf(summary: RunSummary): string[] {
  return [
    row(vscode.l10n.t("Result"), vscode.l10n.t("Value")),
    `| --- | ---: |`,
    row(vscode.l10n.t("Files ingested"), `${integer(summary.landed)} (${bytes(summary.bytes)})`),
    row(vscode.l10n.t("Files pseudonymized"), integer(summary.anonymized)),
    row(vscode.l10n.t("Files unchanged"), integer(summary.unchanged)),
    row(vscode.l10n.t("Rows of daily participation"), integer(summary.rows.daily_participation)),
    row(vscode.l10n.t("Rows of resource usage"), integer(summary.rows.resource_usage)),
    row(vscode.l10n.t("Rows refused"), integer(summary.refused)),
    row(vscode.l10n.t("Rows superseded"), integer(summary.superseded)),
    row(vscode.l10n.t("Duration"), duration(summary.milliseconds)),
    "",
  ];
}

/** Findings that a person must look at. */
function problemSentences(summary: RunSummary): string[] {
  const file = () => column(vscode.l10n.t("File"), ({ path }: { readonly path: string }) => ({ path }));
  const reason = vscode.l10n.t("Reason");
  return [
    ...tableSection(vscode.l10n.t("In quarantine"), summary.quarantined, [
      file(),
      column(vscode.l10n.t("Line"), ({ line }) => (line === null ? "" : integer(line))),
      column(vscode.l10n.t("Column"), (each) => each.column ?? ""),
      column(reason, (each) => each.reason),
    ]),
    ...tableSection(vscode.l10n.t("Failed"), summary.failed, [
      file(),
      column(reason, (each) => inVsCode(each.reason)),
    ]),
    ...tableSection(vscode.l10n.t("Not read"), summary.notRead, [
      file(),
      column(reason, (each) => each.reason),
    ]),
    ...tableSection(vscode.l10n.t("Overdue"), summary.overdue, [
      column(vscode.l10n.t("Report"), overdueText),
    ]),
    ...tableSection(vscode.l10n.t("Changed by other programs"), summary.changedByOthers, [
      column(vscode.l10n.t("Table"), ({ table }) => table),
      column(vscode.l10n.t("Months"), ({ months }) => months.join(", ")),
      column(reason, ({ problem }) => inVsCode(problem)),
    ]),
    ...tableSection(vscode.l10n.t("In quarantine since an earlier run"), summary.inQuarantine, [
      column(vscode.l10n.t("File"), (path) => ({ path })),
    ]),
  ];
}

/** The outcome of each file. Unfinished files are listed as planned. */
function filesOf(run: RunDetails): string[] {
  const root = rootOf(run.log);
  const notReached =
    run.outcome === "running" ? vscode.l10n.t("Not done yet") : vscode.l10n.t("Planned but not done");
  const place =
    root === "" ? vscode.l10n.t("Path in the lake") : vscode.l10n.t("Path in {0}", root.slice(0, -1));
  return [
    ...tableSection(vscode.l10n.t("Files of the run"), run.log, [
      column(vscode.l10n.t("File"), ({ path }) => ({ path })),
      column(vscode.l10n.t("Outcome"), ({ outcome }) => logWord(outcome)),
      column(vscode.l10n.t("Size"), ({ size }) => unbroken(bytes(size)), "right"),
      ...rowColumns(run.log),
      column(place, (line) => ({ path: placeOf(line).slice(root.length) })),
    ]),
    ...tableSection(notReached, run.notReached, [column(vscode.l10n.t("File"), (path) => ({ path }))]),
  ];
}

/**
 * The folder of all landed files, `stage1np/clever/`, which is not repeated in each line; empty if a file is
 * elsewhere.
 */
function rootOf(log: readonly LogLine[]): string {
  const root = /^[^/]*\/[^/]*\//.exec(log[0]?.landedPath ?? "")?.[0] ?? "";
  return log.every(({ landedPath }) => landedPath.startsWith(root)) ? root : "";
}

/** The folder of a file's content; the whole path if it has another name there. */
function placeOf({ path, landedPath }: LogLine): string {
  const folder = landedPath.slice(0, landedPath.lastIndexOf("/"));
  return landedPath === `${folder}/${nameOf(path)}` ? folder : landedPath;
}

function remarksOf(summary: RunSummary): string[] {
  return [
    ...tableSection(vscode.l10n.t("Ids of people"), idFindings(summary.identities), [
      column(vscode.l10n.t("Report"), ({ report }) => report),
      column(vscode.l10n.t("Placeholder words, counted as blank"), (each) => integer(each.wordsForNothing)),
      column(vscode.l10n.t("School system ids with several Clever ids"), (each) =>
        integer(each.sisIdsOfSeveral),
      ),
      column(vscode.l10n.t("Clever ids with several school system ids"), (each) =>
        integer(each.cleverIdsOfSeveral),
      ),
    ]),
    ...tableSection(vscode.l10n.t("Notes"), summary.notes, [
      column(vscode.l10n.t("File"), ({ path }) => ({ path })),
      column(vscode.l10n.t("Note"), ({ note }) => note),
    ]),
  ];
}

/** The reports with findings about their ids. */
function idFindings(identities: RunSummary["identities"]) {
  return Object.entries(identities ?? {})
    .filter(([, health]) => Object.values(health).some((count) => count > 0))
    .map(([report, health]) => ({ report, ...health }));
}

function row(name: string, value: string): string {
  return `| ${asMarkdown(name)} | ${asMarkdown(value)} |`;
}
