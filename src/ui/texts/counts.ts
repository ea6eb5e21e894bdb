import * as vscode from "vscode";
import { fill } from "../../basics/fill";
import { integer } from "./format";

/**
 * The wording for a number of things. English and Spanish have one form for exactly one and another for all other
 * numbers.
 * @param one the text for 1; its placeholders stand for `values`
 * @param many the text for every other number; its first placeholder stands for the number, the others for `values`
 */
export function forCount(count: number, one: string, many: string, ...values: readonly string[]): string {
  return count === 1 ? fill(one, ...values) : fill(many, integer(count), ...values);
}

/** The same as a sentence of several; none if the number is 0. */
export function ifAny(count: number, one: string, many: string, ...values: readonly string[]): string[] {
  return count === 0 ? [] : [forCount(count, one, many, ...values)];
}

/** A number and its noun in VS Code's language: `1 file`, `1,234 files`. */
export const counted = {
  files: (count: number) => forCount(count, vscode.l10n.t("1 file"), vscode.l10n.t("{0} files")),
  dataFiles: (count: number) =>
    forCount(count, vscode.l10n.t("1 data file"), vscode.l10n.t("{0} data files")),
  tables: (count: number) => forCount(count, vscode.l10n.t("1 table"), vscode.l10n.t("{0} tables")),
  rows: (count: number) => forCount(count, vscode.l10n.t("1 row"), vscode.l10n.t("{0} rows")),
  students: (count: number) => forCount(count, vscode.l10n.t("1 student"), vscode.l10n.t("{0} students")),
  grades: (count: number) => forCount(count, vscode.l10n.t("1 grade"), vscode.l10n.t("{0} grades")),
  groups: (count: number) => forCount(count, vscode.l10n.t("1 group"), vscode.l10n.t("{0} groups")),
  subscriptions: (count: number) =>
    forCount(count, vscode.l10n.t("1 subscription"), vscode.l10n.t("{0} subscriptions")),
};

/** Longer lists would make a dialog too high for a small screen. */
const listedInDialog = 8;

/** The first lines of a list in a dialog, and how many more there are. */
export function shortened(lines: readonly string[]): readonly string[] {
  const more = lines.length - listedInDialog;
  return more <= 0 ? lines : [...lines.slice(0, listedInDialog), vscode.l10n.t("{0} more", integer(more))];
}
