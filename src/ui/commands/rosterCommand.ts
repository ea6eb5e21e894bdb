import * as vscode from "vscode";
import { isCleverLakeError } from "../../basics/errors";
import type { Connected, RosterParams, RosterSummary } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { confirmed, notify, notifyError, offers, requireSalt } from "../messages";
import { askLocalPath } from "../pages/localFiles";
import type { Parts } from "../parts";
import { counted } from "../texts/counts";
import { integer } from "../texts/format";
import { showInformationMessage, showInputBox, showQuickPick, showWarningMessage, withIcon } from "../window";
import { workOnLake } from "../workOnLake";

/** The usual name of a roster file; others can be picked too. */
const defaultName = "students.csv";

type RosterLocation = Pick<RosterParams, "origin" | "path">;

/** Imports Clever's roster, which gives the dashboard grades. */
export class RosterCommand {
  constructor(private readonly parts: Parts) {}

  /** Asks where the roster is and what to keep, imports it, and reports the result. */
  async import(): Promise<RosterSummary | undefined> {
    const place = await this.askRosterLocation();
    const keepRaw = place && (await askKeepRaw());
    if (place === undefined || keepRaw === undefined) return undefined;
    const summary = await this.importedWithConsent({ ...place, keepRaw });
    if (summary !== undefined) this.notifySummary(summary);
    return summary;
  }

  /** Imports a roster without asking, such as the sample district's; reports only failures. */
  async importQuietly(connected: Connected, place: RosterLocation, signal: AbortSignal): Promise<void> {
    try {
      const params = { ...connected, ...place, keepRaw: false, replace: false };
      await this.parts.client.request(engine.importRoster, params, { signal });
    } catch (error) {
      if (!signal.aborted) notifyError(error, this.parts.log);
    }
  }

  /** Asks first if most students of the current roster are missing, or it is damaged; undefined if the answer is no. */
  private async importedWithConsent(
    roster: RosterLocation & Pick<RosterParams, "keepRaw">,
  ): Promise<RosterSummary | undefined> {
    // Read once, so that the answer applies to the lake that was asked about.
    const connected = await this.parts.model.connected();
    requireSalt(connected);
    try {
      return await this.withNotification({ ...connected, ...roster, replace: false });
    } catch (error) {
      if (!isCleverLakeError(error, "shrinks")) throw error;
      const isAllowed = await confirmed(
        vscode.l10n.t("Replace the current roster?"),
        error.message,
        vscode.l10n.t("Replace"),
      );
      return isAllowed ? await this.withNotification({ ...connected, ...roster, replace: true }) : undefined;
    }
  }

  private withNotification(params: RosterParams): Promise<RosterSummary> {
    return workOnLake(this.parts, engine.importRoster, params, {
      title: vscode.l10n.t("Clever: importing the roster"),
    });
  }

  private async askRosterLocation(): Promise<RosterLocation | undefined> {
    const server = {
      ...withIcon(vscode.l10n.t("$(cloud) From the SFTP server")),
      detail: vscode.l10n.t("Clever's roster file, if your account can access one"),
      ask: () => this.askServerPath(),
    };
    const disk = {
      ...withIcon(vscode.l10n.t("$(folder-opened) From this machine…")),
      detail: vscode.l10n.t("The file that the student information system exports for Clever"),
      ask: askDiskPath,
    };
    const picked = await showQuickPick([server, disk], {
      title: vscode.l10n.t("Import Roster"),
      placeHolder: vscode.l10n.t("Where is the roster, {0}?", defaultName),
    });
    return picked?.ask();
  }

  /** The files on the server that are not reports, rosters by name first. */
  private async askServerPath(): Promise<RosterLocation | undefined> {
    await this.parts.model.loadedOnRequest();
    const others = this.parts.model.reports.filter(
      ({ report, size, path }) => report === undefined && size > 0 && path.toLowerCase().endsWith(".csv"),
    );
    const isUsual = ({ path }: { readonly path: string }) => path.toLowerCase().endsWith(defaultName);
    const items = [...others.filter(isUsual), ...others.filter((file) => !isUsual(file))].map(({ path }) => ({
      label: path,
      path: path as string | undefined,
    }));
    const typed = { ...withIcon(vscode.l10n.t("$(edit) Type the path on the server")), path: undefined };
    const picked = await showQuickPick([...items, typed], {
      title: vscode.l10n.t("Import Roster"),
      placeHolder: vscode.l10n.t("Which file is the roster?"),
    });
    if (picked === undefined) return undefined;
    const path =
      picked.path ??
      (await showInputBox({
        title: vscode.l10n.t("Import Roster"),
        prompt: vscode.l10n.t("The roster's path on the server, below the reports' root folder"),
        value: defaultName,
        ignoreFocusOut: true,
        validateInput: (text) => (/^[\s/]*$/.test(text) ? vscode.l10n.t("Enter a path.") : undefined),
      }));
    return path === undefined ? undefined : { origin: "server", path };
  }

  private notifySummary(summary: RosterSummary): void {
    const { students, refused, inReports, problems } = summary;
    this.parts.log.info(
      `Roster ${summary.path}: ${summary.outcome}, ${summary.rows} rows, ${students} students, ${summary.repeated} repeated, ${summary.furtherSchools} for further schools, ${refused} refused, ${inReports ?? "none yet"} in the reports, ${summary.milliseconds} ms`,
    );
    for (const { line, column, reason } of problems) {
      this.parts.log.warn(`Roster: line ${line}${column === null ? "" : `, ${column}`}: ${reason}`);
    }
    const isWrong = refused > 0 || inReports === 0;
    const show = isWrong ? showWarningMessage : showInformationMessage;
    notify(show, outcomeText(summary), ...(isWrong ? [offers.log()] : []));
  }
}

function outcomeText(summary: RosterSummary): string {
  const { refused, inReports, grades, unknownGrades, problems } = summary;
  const students = counted.students(summary.students);
  const [first] = problems;
  if (refused > 0) {
    return vscode.l10n.t(
      "{0} imported, {1} of the roster refused; the first is line {2}: {3}",
      ...[students, counted.rows(refused), integer(first?.line ?? 0), first?.reason ?? ""],
    );
  }
  if (inReports === 0) {
    return vscode.l10n.t(
      "{0} imported, but none of them are in the lake's reports. Is Student_id the id that the reports call sis_id?",
      students,
    );
  }
  if (summary.outcome === "unchanged") return vscode.l10n.t("The roster is unchanged: {0}.", students);
  return vscode.l10n.t(
    "{0} in {1} imported. Only pseudonym, school and grade are kept.",
    students,
    counted.grades(grades.length + unknownGrades.length),
  );
}

async function askDiskPath(): Promise<RosterLocation | undefined> {
  const path = await askLocalPath({
    title: vscode.l10n.t("Import Roster"),
    openLabel: vscode.l10n.t("Import"),
    filters: { CSV: ["csv"] },
  });
  return path === undefined ? undefined : { origin: "disk", path };
}

/** The raw file contains identities. Keeping it needs an explicit choice and is never the default. */
async function askKeepRaw(): Promise<boolean | undefined> {
  const choices = [
    {
      ...withIcon(vscode.l10n.t("$(shield) Keep pseudonym, school and grade only")),
      detail: vscode.l10n.t("Every other column is dropped before anything is written"),
      keepRaw: false,
    },
    {
      ...withIcon(vscode.l10n.t("$(warning) Also keep the original file")),
      detail: vscode.l10n.t("In stage1np, with names, birth dates and addresses of children"),
      keepRaw: true,
    },
  ];
  const picked = await showQuickPick(choices, {
    title: vscode.l10n.t("Import Roster"),
    placeHolder: vscode.l10n.t("Which parts of the roster may be kept?"),
  });
  return picked?.keepRaw;
}
