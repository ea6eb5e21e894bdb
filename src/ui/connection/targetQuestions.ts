import * as vscode from "vscode";
import { CleverLakeError } from "../../basics/errors";
import { confirmed } from "../messages";
import type { Move, TargetQuestions } from "./targetGuard";
import { type LakeTarget, type ServerTarget, sameTargets } from "./targets";

/** Asks in a modal message that shows the connection's targets and those of the current settings. */
export const targetQuestions: Omit<TargetQuestions, "allowed"> = {
  ask(move) {
    const detail = [
      ...changesOf(move),
      vscode.l10n.t(
        "Nothing has been sent there yet. If you did not change the settings yourself, choose Cancel.",
      ),
    ].join("\n\n");
    const question = vscode.l10n.t("The settings no longer match the server and lake of your connection.");
    return confirmed(question, detail, vscode.l10n.t("Connect There"));
  },
  refusal: ({ from, to }) =>
    new CleverLakeError(
      "config",
      vscode.l10n.t(
        "The settings no longer match the server and lake of your connection; nothing was sent to the new ones.",
      ),
      {
        subject: sameTargets(from.server, to.server) ? to.lake.url : to.server.host,
        hint: vscode.l10n.t(
          "Set clever.sftp and clever.lake as they were, or test the connection to confirm the new ones.",
        ),
      },
    ),
};

function changesOf({ from, to }: Move): string[] {
  return [
    ...(sameTargets(from.server, to.server)
      ? []
      : [vscode.l10n.t("Server before: {0}\nServer now: {1}", server(from.server), server(to.server))]),
    ...(sameTargets(from.lake, to.lake)
      ? []
      : [vscode.l10n.t("Lake before: {0}\nLake now: {1}", lake(from.lake), lake(to.lake))]),
  ];
}

function server({ username, host, port, hostKey }: ServerTarget): string {
  return [`${username}@${host}:${port}`, hostKey].filter(Boolean).join(", ");
}

function lake({ url, saltKeyVaultUrl }: LakeTarget): string {
  return [url, saltKeyVaultUrl].filter(Boolean).join(", ");
}
