import * as vscode from "vscode";
import type { TableReport } from "../engine/messages";
import * as engine from "../engine/protocol";
import { counted } from "./counts";
import { bytes, dateTime, integer, nameOf } from "./format";
import { logSection } from "./ingestLogPage";
import { tableSection } from "./markdown";
import { MarkdownPages } from "./markdownPages";
import { asMarkdown } from "./outsideText";
import type { Parts } from "./parts";

const scheme = "clever-table";
/** Pseudonyms are 64 characters long; this many are enough to tell them apart. */
const cellLength = 24;

/**
 * Shows lake tables as Markdown pages, which are updated while they are open. They have only rows of pseudonymized tables,
 * because VS Code reopens a page with its window.
 */
export function tablePages({ model, client, log }: Parts): MarkdownPages {
  const page = async ({ path }: vscode.Uri) => {
    const params = { ...(await model.connected()), table: path.slice(1) };
    return pageOf(await client.request(engine.tableReport, params));
  };
  return new MarkdownPages(scheme, log, page, model.onDidChangeLake);
}

/** The URI of a table's page. */
export function tablePage(table: string): vscode.Uri {
  return vscode.Uri.from({ scheme, path: `/${table}` });
}

/** A table's report as Markdown. */
export function pageOf(table: TableReport): string {
  const { path, version, files } = table;
  return [
    `# ${asMarkdown(nameOf(path))}`,
    "",
    asMarkdown(path),
    "",
    vscode.l10n.t(
      "Version {0}: {1} in {2}, {3}.",
      integer(version),
      table.rows === null ? vscode.l10n.t("rows that were not counted") : counted.rows(table.rows),
      counted.dataFiles(files),
      bytes(table.bytes),
    ),
    "",
    ...rowsOf(table),
    ...tableSection(
      vscode.l10n.t("Columns"),
      [vscode.l10n.t("Column"), vscode.l10n.t("Type"), ""],
      table.columns.map(({ name, type, partition }) => [
        name,
        type,
        partition ? vscode.l10n.t("partition") : "",
      ]),
    ),
    ...tableSection(
      vscode.l10n.t("Partitions"),
      [vscode.l10n.t("Partition"), vscode.l10n.t("Rows"), vscode.l10n.t("Files"), vscode.l10n.t("Size")],
      table.partitions
        .filter(({ name }) => name !== "")
        .map((each) => [each.name, rowsText(each.rows), integer(each.files), bytes(each.bytes)]),
    ),
    ...tableSection(
      vscode.l10n.t("Last commits"),
      [
        vscode.l10n.t("Version"),
        vscode.l10n.t("Time"),
        vscode.l10n.t("Operation"),
        vscode.l10n.t("Files added"),
        vscode.l10n.t("Files removed"),
        vscode.l10n.t("Rows added"),
      ],
      table.commits.map((commit) => [
        integer(commit.version),
        commit.time === null ? "" : dateTime(Date.parse(commit.time)),
        commit.operation ?? "",
        integer(commit.filesAdded),
        integer(commit.filesRemoved),
        rowsText(commit.rowsAdded),
      ]),
    ),
  ].join("\n");
}

/** The rows that may be shown: those of the ingest log, and a few of a table without identities. */
function rowsOf({ log, firstRows, columns }: TableReport): string[] {
  if (log !== null) return logSection(log);
  if (firstRows === null)
    return [vscode.l10n.t("This table is not pseudonymized: no rows of it are shown here."), ""];
  return tableSection(
    vscode.l10n.t("First rows of the newest month"),
    columns.map(({ name }) => name),
    firstRows.map((cells) => cells.map(cellText)),
  );
}

function rowsText(rows: number | null): string {
  return rows === null ? "?" : integer(rows);
}

function cellText(cell: string | null): string {
  if (cell === null) return "";
  return cell.length > cellLength ? `${cell.slice(0, cellLength / 2)}…` : cell;
}
