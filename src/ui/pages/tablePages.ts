import * as vscode from "vscode";
import type { TableReport } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import type { Parts } from "../parts";
import { counted } from "../texts/counts";
import { bytes, dateTime, integer, nameOf } from "../texts/format";
import { asMarkdown } from "../texts/untrustedText";
import { logSection } from "./ingestLogPage";
import { column, tableSection } from "./markdown";
import { MarkdownPages } from "./markdownPages";

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
    ...tableSection(vscode.l10n.t("Columns"), table.columns, [
      column(vscode.l10n.t("Column"), ({ name }) => name),
      column(vscode.l10n.t("Type"), ({ type }) => type),
      column("", ({ partition }) => (partition ? vscode.l10n.t("partition") : "")),
    ]),
    ...tableSection(
      vscode.l10n.t("Partitions"),
      table.partitions.filter(({ name }) => name !== ""),
      [
        column(vscode.l10n.t("Partition"), ({ name }) => name),
        column(vscode.l10n.t("Rows"), ({ rows }) => rowsText(rows)),
        column(vscode.l10n.t("Files"), (each) => integer(each.files)),
        column(vscode.l10n.t("Size"), (each) => bytes(each.bytes)),
      ],
    ),
    ...tableSection(vscode.l10n.t("Last commits"), table.commits, [
      column(vscode.l10n.t("Version"), (commit) => integer(commit.version)),
      column(vscode.l10n.t("Time"), ({ time }) => (time === null ? "" : dateTime(time))),
      column(vscode.l10n.t("Operation"), ({ operation }) => operation ?? ""),
      column(vscode.l10n.t("Files added"), ({ filesAdded }) => integer(filesAdded)),
      column(vscode.l10n.t("Files removed"), ({ filesRemoved }) => integer(filesRemoved)),
      column(vscode.l10n.t("Rows added"), ({ rowsAdded }) => rowsText(rowsAdded)),
    ]),
  ].join("\n");
}

/** The rows that may be shown: those of the ingest log, and a few of a table without identities. */
function rowsOf({ log, firstRows, columns }: TableReport): string[] {
  if (log !== null) return logSection(log);
  if (firstRows === null)
    return [vscode.l10n.t("This table is not pseudonymized: no rows of it are shown here."), ""];
  return tableSection(
    vscode.l10n.t("First rows of the newest month"),
    firstRows,
    columns.map(({ name }, index) => column(name, (cells) => cellText(cells[index] ?? null))),
  );
}

function rowsText(rows: number | null): string {
  return rows === null ? "?" : integer(rows);
}

function cellText(cell: string | null): string {
  if (cell === null) return "";
  return cell.length > cellLength ? `${cell.slice(0, cellLength / 2)}…` : cell;
}
