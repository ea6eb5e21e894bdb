import * as vscode from "vscode";
import type { AdoptSummary, ComparedMonth } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { warningText } from "../commands/adoptCommand";
import type { Parts } from "../parts";
import { dateTime, nameOf } from "../texts/format";
import { asMarkdown } from "../texts/untrustedText";
import { column, numbers, tableSection } from "./markdown";
import { MarkdownPages } from "./markdownPages";

const scheme = "clever-adoption";

/**
 * Shows OEA's tables and compares their rows with ours on a Markdown page, which is computed whenever it is opened.
 */
export function adoptionPages({ model, client, log }: Parts): MarkdownPages {
  return new MarkdownPages(scheme, log, async () =>
    adoptionText(await client.request(engine.adopt, { ...(await model.connected()), dryRun: true })),
  );
}

/** The page's URI. VS Code uses the last part of its path as the tab's title. */
export function adoptionPage(): vscode.Uri {
  return vscode.Uri.from({ scheme, path: `/${vscode.l10n.t("OEA's lake")}` });
}

/** The result of an adoption, as Markdown. */
function adoptionText({ tables, comparison, warnings }: AdoptSummary): string {
  return [
    `# ${asMarkdown(vscode.l10n.t("OEA's lake"))}`,
    "",
    ...warnings.flatMap((warning) => [`> ${asMarkdown(warningText(warning))}`, ""]),
    ...comparison.flatMap(({ table, months }) => monthsOf(table, months)),
    ...tableSection(vscode.l10n.t("OEA's tables"), tables, [
      column(vscode.l10n.t("Table"), ({ movedTo }) => ({ path: movedTo })),
      numbers(vscode.l10n.t("Rows"), ({ rows }) => rows),
      numbers(vscode.l10n.t("Distinct"), ({ distinctRows }) => distinctRows),
      column(vscode.l10n.t("Last written"), ({ lastCommit }) =>
        lastCommit === null ? "" : dateTime(lastCommit),
      ),
    ]),
  ].join("\n");
}

/** The rows of both tables by month; reasons without rows get no column. */
function monthsOf(table: string, months: readonly ComparedMonth[]): string[] {
  const reasons = [
    {
      name: "misread",
      title: vscode.l10n.t("Misread"),
      meaning: vscode.l10n.t("OEA misread the row: a value that every row has is missing."),
    },
    {
      name: "superseded",
      title: vscode.l10n.t("Superseded"),
      meaning: vscode.l10n.t(
        "A later delivery, or a newer file, has different values for the same person and day.",
      ),
    },
    {
      name: "quarantined",
      title: vscode.l10n.t("Quarantined"),
      meaning: vscode.l10n.t("The row is from a quarantined file."),
    },
    {
      name: "withdrawn",
      title: vscode.l10n.t("Withdrawn"),
      meaning: vscode.l10n.t("Only an earlier delivery of the file has the row."),
    },
    {
      name: "unexplained",
      title: vscode.l10n.t("Not explained"),
      meaning: vscode.l10n.t("Nothing explains why the row is not in our table."),
    },
    {
      name: "onlyOurs",
      title: vscode.l10n.t("Only ours"),
      meaning: vscode.l10n.t(
        "OEA's table lacks the row: OEA misread it or never read it, or it is about teachers or staff.",
      ),
    },
  ] as const;
  const used = reasons.filter(({ name }) => months.some((month) => month[name] > 0));
  return [
    ...tableSection(nameOf(table), months, [
      column(vscode.l10n.t("Month"), ({ month }) => month ?? vscode.l10n.t("no date")),
      numbers(vscode.l10n.t("OEA's rows"), ({ oeaRows }) => oeaRows),
      numbers(vscode.l10n.t("Distinct"), ({ oeaDistinct }) => oeaDistinct),
      numbers(vscode.l10n.t("In both"), ({ same }) => same),
      ...used.map(({ name, title }) => numbers(title, (month: ComparedMonth) => month[name])),
      numbers(vscode.l10n.t("Our rows"), ({ rows }) => rows),
    ]),
    ...used.flatMap(({ title, meaning }) => [`**${asMarkdown(title)}:** ${asMarkdown(meaning)}`, ""]),
  ];
}
