import * as vscode from "vscode";
import type { AdoptProgress, AdoptSummary, AdoptWarning } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { notify, type Offer, offers, requireSalt } from "../messages";
import type { Parts } from "../parts";
import { counted, forCount } from "../texts/counts";
import { dateTime, integer, nameOf } from "../texts/format";
import { inVsCode } from "../texts/hints";
import { showInformationMessage, showWarningMessage } from "../window";
import { previewThenRun } from "../workOnLake";

/**
 * Adopts a lake that OEA's own notebooks wrote. It first shows what it would do, then asks. Resolves to the summary;
 * undefined if nothing was done.
 *
 * @param openPage opens the comparison of OEA's rows with ours
 */
export async function adopt(parts: Parts, openPage: () => Promise<void>): Promise<AdoptSummary | undefined> {
  const { model } = parts;
  const connected = await model.connected();
  requireSalt(connected);
  const done = await previewThenRun(parts, engine.adopt, connected, {
    previewTitle: vscode.l10n.t("Clever: inspecting OEA's lake"),
    title: vscode.l10n.t("Clever: adopting OEA's lake"),
    // The longest phase.
    isShown: ({ phase }, dryRun) => phase === (dryRun ? "inspecting" : "building"),
    textOf: progressText,
    ask: (planned) => {
      if (planned.state === "planned") {
        const question = vscode.l10n.t("Adopt the lake that OEA wrote?");
        return [question, planText(planned), vscode.l10n.t("Adopt")];
      }
      if (planned.state === "nothing") {
        notify(
          showInformationMessage,
          vscode.l10n.t("There is nothing to adopt: no table of this lake is OEA's own."),
        );
      } else notifyAdopted(parts, openPage, planned, vscode.l10n.t("This lake was adopted before."));
      return undefined;
    },
    afterwards: () => model.refreshQuietly(),
  });
  if (done) notifyAdopted(parts, openPage, done, doneText(done));
  return done;
}

/** Reports the state of the lake, worst first, and offers the comparison. */
function notifyAdopted(
  { log }: Parts,
  openPage: () => Promise<void>,
  summary: AdoptSummary,
  text: string,
): void {
  const { run, warnings } = summary;
  const unexplained = engine.unexplainedRows(summary);
  const wrong = [
    ...(run?.failed.slice(0, 1) ?? []).map(({ path, reason }) =>
      vscode.l10n.t("{0} failed: {1} The next run retries it.", path, inVsCode(reason)),
    ),
    ...(run && run.quarantined.length > 0
      ? [
          vscode.l10n.t(
            "{0} went into quarantine, first {1}.",
            counted.files(run.quarantined.length),
            run.quarantined[0]?.path ?? "",
          ),
        ]
      : []),
    ...(unexplained > 0
      ? [vscode.l10n.t("Not accounted for in OEA's tables: {0}.", counted.rows(unexplained))]
      : []),
    ...warnings.map(warningText),
  ];
  const proof = vscode.l10n.t("Every distinct row of OEA's tables is in our tables or accounted for.");
  const message = [text, ...(wrong.length > 0 ? wrong : [proof])].join(" ");
  log.info(message);
  const page: Offer = { title: vscode.l10n.t("Show the Comparison"), act: openPage };
  notify(wrong.length > 0 ? showWarningMessage : showInformationMessage, message, page, offers.run());
}

function doneText({ run, files }: AdoptSummary): string {
  return vscode.l10n.t(
    "The lake was adopted: {0} of {1} landed files are distinct and were read.",
    integer(run?.anonymized ?? 0),
    integer(files.landed),
  );
}

/** The current state and the planned changes, as the lines of a question. */
function planText({ tables, files, pseudonyms, warnings }: AdoptSummary): string {
  const names = tables.map(({ table, rows, distinctRows }) =>
    vscode.l10n.t("{0}: {1}, {2} of them distinct", nameOf(table), counted.rows(rows), integer(distinctRows)),
  );
  const landed = vscode.l10n.t(
    "OEA landed {0}, of which {1} are distinct. Our tables are built from these: each is read once.",
    counted.files(files.landed),
    integer(files.distinct),
  );
  const redelivered =
    files.redelivered.length > 0
      ? [
          forCount(
            files.redelivered.length,
            vscode.l10n.t("1 report landed with different content; the last one counts."),
            vscode.l10n.t("{0} reports landed with different content; the last one of each counts."),
          ),
        ]
      : [];
  const salt =
    pseudonyms.ids === 0
      ? []
      : [
          pseudonyms.map === null
            ? vscode.l10n.t("OEA's pseudonyms use your salt, which is kept.")
            : vscode.l10n.t(
                "OEA computed pseudonyms without a salt: anyone can compute them. New ones are created; {0} maps the old ones to the new ones.",
                pseudonyms.map,
              ),
        ];
  const moved = vscode.l10n.t(
    "OEA's tables are renamed with the suffix “_oea”. They and OEA's landed files are kept. Nothing is deleted.",
  );
  const parts = [names.join("\n"), [landed, ...redelivered].join(" "), ...salt, moved];
  return [...parts, ...warnings.map(warningText)].join("\n\n");
}

export function warningText(warning: AdoptWarning): string {
  const { subject } = warning;
  switch (warning.kind) {
    case "recentCommit":
      return vscode.l10n.t(
        "OEA's job may still be active: it wrote {0} at {1}. Turn it off, or it will write every row again.",
        subject,
        dateTime(warning.time),
      );
    case "recentLanding":
      return vscode.l10n.t(
        "OEA's job may still be active: it landed {0} at {1}. Turn it off, or it will write every row again.",
        subject,
        dateTime(warning.time),
      );
    case "rowsSince":
      return vscode.l10n.t(
        "OEA's job is still active: {0} has {1} that it has written since. Turn it off, and restore the table to the previous version.",
        subject,
        counted.rows(warning.count),
      );
    case "landingsSince":
      return vscode.l10n.t(
        "OEA's job is still active: it has landed {0} since, first {1}. Turn it off. Runs ingest the same files from the server.",
        counted.files(warning.count),
        subject,
      );
  }
}

function progressText({ phase, done, all, rows }: AdoptProgress): string {
  switch (phase) {
    case "inspecting":
      return vscode.l10n.t("{0} of {1} landed files inspected", integer(done), integer(all));
    case "building":
      return vscode.l10n.t("{0} of {1} files read, {2}", integer(done), integer(all), counted.rows(rows));
    case "comparing":
      return vscode.l10n.t("comparing with OEA's tables …");
  }
}
