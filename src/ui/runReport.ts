import * as vscode from "vscode";
import type { LogLine, RunDetails, RunSummary } from "../engine/messages";
import * as engine from "../engine/protocol";
import { isCleverLakeError } from "../errors";
import { bytes, duration, integer, nameOf, timeInName, unbroken } from "./format";
import { inVsCode } from "./hints";
import { hasSuperseded, logWord, optionalInteger } from "./ingestLogPage";
import { tableSection } from "./markdown";
import { MarkdownPages } from "./markdownPages";
import { asMarkdown } from "./outsideText";
import { overdueText } from "./overdue";
import type { Parts } from "./parts";
import { outcomeWord } from "./runsTree";

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
    `| | |`,
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
  const reasonHead = [vscode.l10n.t("File"), vscode.l10n.t("Reason")];
  return [
    ...tableSection(
      vscode.l10n.t("In quarantine"),
      [vscode.l10n.t("File"), vscode.l10n.t("Line"), vscode.l10n.t("Column"), vscode.l10n.t("Reason")],
      summary.quarantined.map((each) => [
        { path: each.path },
        each.line === null ? "" : integer(each.line),
        each.column ?? "",
        each.reason,
      ]),
    ),
    ...tableSection(
      vscode.l10n.t("Failed"),
      reasonHead,
      summary.failed.map((each) => [{ path: each.path }, inVsCode(each.reason)]),
    ),
    ...tableSection(
      vscode.l10n.t("Not read"),
      reasonHead,
      summary.notRead.map((each) => [{ path: each.path }, each.reason]),
    ),
    ...tableSection(
      vscode.l10n.t("Overdue"),
      [vscode.l10n.t("Report")],
      summary.overdue.map((each) => [overdueText(each)]),
    ),
    ...tableSection(
      vscode.l10n.t("Changed by other programs"),
      [vscode.l10n.t("Table"), vscode.l10n.t("Months"), vscode.l10n.t("Reason")],
      summary.changedByOthers.map(({ table, months, problem }) => [
        table,
        months.join(", "),
        inVsCode(problem),
      ]),
    ),
    ...tableSection(
      vscode.l10n.t("In quarantine since an earlier run"),
      [vscode.l10n.t("File")],
      summary.inQuarantine.map((path) => [{ path }]),
    ),
  ];
}

/** The outcome of each file. Unfinished files are listed as planned. */
function filesOf(run: RunDetails): string[] {
  const root = rootOf(run.log);
  const isShown = hasSuperseded(run.log);
  const files = run.log.map((line) => [
    { path: line.path },
    logWord(line.outcome),
    unbroken(bytes(line.size)),
    optionalInteger(line.rowsWritten),
    optionalInteger(line.rowsRefused),
    ...(isShown ? [optionalInteger(line.rowsSuperseded)] : []),
    { path: placeOf(line).slice(root.length) },
  ]);
  const notReached =
    run.outcome === "running" ? vscode.l10n.t("Not done yet") : vscode.l10n.t("Planned but not done");
  return [
    ...tableSection(
      vscode.l10n.t("Files of the run"),
      [
        vscode.l10n.t("File"),
        vscode.l10n.t("Outcome"),
        vscode.l10n.t("Size"),
        vscode.l10n.t("Rows"),
        vscode.l10n.t("Refused"),
        ...(isShown ? [vscode.l10n.t("Superseded")] : []),
        root === "" ? vscode.l10n.t("Path in the lake") : vscode.l10n.t("Path in {0}", root.slice(0, -1)),
      ],
      files,
      isShown ? [2, 3, 4, 5] : [2, 3, 4],
    ),
    ...tableSection(
      notReached,
      [vscode.l10n.t("File")],
      run.notReached.map((path) => [{ path }]),
    ),
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
    ...tableSection(
      vscode.l10n.t("Ids of people"),
      [
        vscode.l10n.t("Report"),
        vscode.l10n.t("Placeholder words, counted as blank"),
        vscode.l10n.t("School system ids with several Clever ids"),
        vscode.l10n.t("Clever ids with several school system ids"),
      ],
      identityRows(summary.identities),
    ),
    ...tableSection(
      vscode.l10n.t("Notes"),
      [vscode.l10n.t("File"), vscode.l10n.t("Note")],
      summary.notes.map((each) => [{ path: each.path }, each.note]),
    ),
  ];
}

/** A row for each report with findings about its ids. */
function identityRows(identities: RunSummary["identities"]): string[][] {
  return Object.entries(identities ?? {}).flatMap(([report, health]) => {
    const counts = [health.wordsForNothing, health.sisIdsOfSeveral, health.cleverIdsOfSeveral];
    return counts.some((count) => count > 0) ? [[report, ...counts.map(integer)]] : [];
  });
}

function row(name: string, value: string): string {
  return `| ${asMarkdown(name)} | ${asMarkdown(value)} |`;
}
