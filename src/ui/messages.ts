import * as vscode from "vscode";
import { CleverLakeError, describeError, isCleverLakeError } from "../basics/errors";
import type { Connected } from "../engine/messages/messages";
import { openSetting, SettingError } from "./connection/settings";
import { inVsCode } from "./texts/hints";
import { showErrorMessage, showInformationMessage, showWarningMessage } from "./window";

/** A next step that a message offers. */
export interface Offer {
  readonly title: string;
  readonly act: () => unknown;
}

/** A step that executes a command. */
function commandOffer(title: string, command: string): Offer {
  return { title, act: () => vscode.commands.executeCommand(command) };
}

export const offers = {
  connect: () => commandOffer(vscode.l10n.t("Connect"), "clever.connect"),
  sample: () => commandOffer(vscode.l10n.t("Try a Sample District"), "clever.trySample"),
  leaveSample: () => commandOffer(vscode.l10n.t("Leave Sample District"), "clever.leaveSample"),
  anonymize: () => commandOffer(vscode.l10n.t("Anonymize"), "clever.anonymize"),
  run: () => commandOffer(vscode.l10n.t("Run the Pipeline"), "clever.run"),
  credentials: () => commandOffer(vscode.l10n.t("Change Salt or Credentials"), "clever.changeCredentials"),
  adopt: () => commandOffer(vscode.l10n.t("Adopt OEA's Lake"), "clever.adopt"),
  dashboard: () => commandOffer(vscode.l10n.t("Open Dashboard"), "clever.openDashboard"),
  verify: () => commandOffer(vscode.l10n.t("Verify the Lake"), "clever.verify"),
  repair: () => commandOffer(vscode.l10n.t("Repair…"), "clever.repair"),
  log: () => commandOffer(vscode.l10n.t("Show Log"), "clever.showLog"),
  reports: () => commandOffer(vscode.l10n.t("Show Reports"), "clever.reports.focus"),
  setting: (setting: string): Offer => ({
    title: vscode.l10n.t("Open Setting"),
    act: () => openSetting(setting),
  }),
};

type Show = (message: string, ...titles: string[]) => Thenable<string | undefined>;

/** Shows a message and performs the chosen step, or shows why that failed; does not wait for the choice. */
export function notify(show: Show, message: string, ...choices: readonly Offer[]): void {
  void show(message, ...choices.map(({ title }) => title))
    .then((title) => choices.find((choice) => choice.title === title)?.act())
    .then(undefined, (error: unknown) => {
      if (!isCancellation(error)) notify(showErrorMessage, describeError(error));
    });
}

/** Shows an error and offers a way to fix it. */
export function notifyError(
  error: unknown,
  log: vscode.LogOutputChannel,
  ...further: readonly Offer[]
): void {
  const text = describeError(error);
  log.error(text);
  const choices = [...further];
  if (error instanceof SettingError) choices.push(offers.setting(error.setting));
  else if (isCleverLakeError(error, "hostKey")) choices.push(offers.connect());
  else if (isCleverLakeError(error, "auth", "salt")) choices.push(offers.credentials());
  else if (isCleverLakeError(error, "notAdopted")) choices.push(offers.adopt());
  choices.push(offers.log());
  notify(showErrorMessage, text, ...choices);
}

/** Does what the user asked for. Undefined if it failed, which is reported, or if the user cancelled it. */
export async function reported<T>(
  log: vscode.LogOutputChannel,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isCancellation(error)) notifyError(error, log);
    return undefined;
  }
}

/** Asks a question with one answer other than Cancel; whether the user gave it. */
export async function confirmed(
  question: string,
  detail: string,
  yes: string,
  show = showWarningMessage,
): Promise<boolean> {
  return (await show(question, { modal: true, detail }, yes)) === yes;
}

/** Says that a table was not changed, and why. */
export function unchangedTableMessage(table: string, problem: string): string {
  return vscode.l10n.t("{0} stays as it is: {1}", table, inVsCode(problem));
}

/** Reports the outcome of work on tables, and those that were not changed. */
export function notifyFinished(
  log: vscode.LogOutputChannel,
  sentences: readonly string[],
  tables: readonly { readonly table: string; readonly problem: string | null }[],
): void {
  const left = tables.flatMap(({ table, problem }) =>
    problem === null ? [] : [unchangedTableMessage(table, problem)],
  );
  const text = [...sentences, ...left].join(" ");
  if (left.length === 0) {
    log.info(text);
    notify(showInformationMessage, text);
    return;
  }
  log.warn(text);
  notify(showWarningMessage, text, offers.log());
}

/** Reports that a command needs a connection, and offers ways to create one. */
export function notifyNotConnected(): void {
  notify(
    showInformationMessage,
    vscode.l10n.t(
      "There is no connection yet. Connect to Clever and a lake first, or try it with a sample district.",
    ),
    offers.connect(),
    offers.sample(),
  );
}

/** Reports that a command was called without a target, and shows where to choose one. */
export function notifyNothingSelected(view: "clever.reports" | "clever.lake"): void {
  notify(
    showInformationMessage,
    view === "clever.reports"
      ? vscode.l10n.t("Choose this in the menu of a report.")
      : vscode.l10n.t("Choose this in the menu of a table or a landed file."),
    commandOffer(vscode.l10n.t("Show the View"), `${view}.focus`),
  );
}

/** Whether an error is a cancellation by the user. */
export function isCancellation(error: unknown): boolean {
  return error instanceof vscode.CancellationError || (error instanceof Error && error.name === "AbortError");
}

/** Why no run is possible on a lake that OEA's notebooks wrote. */
export function mustBeAdopted(): string {
  return vscode.l10n.t(
    "OEA's own notebooks wrote this lake: each of their runs repeated every row. Adopt it before you run the pipeline.",
  );
}

/** What to do if a server has no reports. */
export function noReports(): string {
  return vscode.l10n.t(
    "There are no reports on the server. Check the settings of its folder and of the user types.",
  );
}

/** Why nothing is shown in Restricted Mode. */
export function noAutomaticLoading(): string {
  return vscode.l10n.t(
    "In Restricted Mode, nothing is loaded automatically. Refresh to list the reports on the server.",
  );
}

/** Throws if a connection has no salt to pseudonymize with, neither in the secret store nor in a key vault. */
export function requireSalt({ secrets, connection }: Connected): void {
  if (secrets.salt === undefined && connection.saltKeyVaultUrl === undefined) throw missingSalt();
}

/** The error for a missing salt, in the extension's wording. */
export function missingSalt(): CleverLakeError {
  return new CleverLakeError(
    "salt",
    vscode.l10n.t("There is no salt to pseudonymize with; nothing was written."),
    { hint: vscode.l10n.t("Generate one, or paste the district's own.") },
  );
}
