import * as vscode from "vscode";
import type { EngineClient } from "../engine/client";
import type { ReportItem } from "../engine/messages";
import * as engine from "../engine/protocol";
import type { ConnectionModel } from "./connectionModel";
import { counted, forCount, shortened } from "./counts";
import { integer } from "./format";
import { confirmed, isCancellation, notify, notifyError, notifyNothingSelected } from "./messages";
import { stateReason } from "./reportState";
import type { ReportNode } from "./reportsTree";
import type { RunController } from "./runController";
import { showInformationMessage } from "./window";
import { withWork } from "./withWork";

/**
 * The commands that decide about quarantined files. Each acts on all selected files, after one confirmation, and with
 * the connection of before: meanwhile, another window may change the settings.
 */
export class QuarantineCommands {
  constructor(
    private readonly model: ConnectionModel,
    private readonly client: EngineClient,
    private readonly log: vscode.LogOutputChannel,
    private readonly runs: RunController,
    private readonly refresh: () => Promise<void>,
  ) {}

  /** Accepts files without their bad rows, after showing what is wrong; the run reports how many there were. */
  async accept(node?: ReportNode, nodes?: readonly ReportNode[]): Promise<void> {
    const files = filesAmong(node, nodes);
    const [first] = files;
    if (first === undefined) return notifyNothingSelected("clever.reports");
    const items = files.filter(({ acceptable }) => acceptable);
    if (items.length === 0) {
      const reason = stateReason(first) ?? "";
      const text = vscode.l10n.t("{0} cannot be accepted without its bad rows. {1}", first.path, reason);
      notify(showInformationMessage, text);
      return;
    }
    const connected = await this.model.connected();
    const paths = items.map(({ path }) => path);
    const isAccepted = await confirmed(
      forCount(
        items.length,
        vscode.l10n.t("Accept {0} without its bad rows?", paths[0] ?? ""),
        vscode.l10n.t("Accept {0} files without their bad rows?", integer(items.length)),
      ),
      [
        forCount(
          items.length,
          vscode.l10n.t(
            "{0}\n\nThe refused rows are kept next to the file in stage1np and counted.",
            reasonsOf(items),
          ),
          vscode.l10n.t(
            "{0}\n\nThe refused rows are kept next to the files in stage1np and counted.",
            reasonsOf(items),
          ),
        ),
        ...sentenceAboutOthers(files.length - items.length),
      ].join("\n\n"),
      vscode.l10n.t("Accept Without the Bad Rows"),
    );
    if (!isAccepted) return;
    await this.runs.run({ command: "run", only: paths, accept: paths }, { connected });
  }

  /** Dismisses files permanently, so that they no longer need attention. */
  async dismiss(node?: ReportNode, nodes?: readonly ReportNode[]): Promise<void> {
    const selected = filesAmong(node, nodes);
    const [first] = selected;
    if (first === undefined) return notifyNothingSelected("clever.reports");
    const items = selected.filter(({ state }) => state === "quarantined");
    if (items.length === 0) {
      notify(showInformationMessage, vscode.l10n.t("{0} is not in quarantine.", first.path));
      return;
    }
    const connected = await this.model.connected();
    const files = items.map(({ path }) => path);
    const isDismissed = await confirmed(
      forCount(
        items.length,
        vscode.l10n.t("Dismiss {0}?", files[0] ?? ""),
        vscode.l10n.t("Dismiss {0} files?", integer(items.length)),
      ),
      [
        forCount(
          items.length,
          vscode.l10n.t(
            "{0}\n\nNo row of this delivery enters the tables, and it is no longer shown as waiting. Its copy stays in the lake. If the server publishes the report again, it is read as usual.",
            reasonsOf(items),
          ),
          vscode.l10n.t(
            "{0}\n\nNo row of these deliveries enters the tables, and they are no longer shown as waiting. Their copies stay in the lake. If the server publishes one of the reports again, it is read as usual.",
            reasonsOf(items),
          ),
        ),
        ...sentenceAboutOthers(selected.length - items.length),
      ].join("\n\n"),
      vscode.l10n.t("Dismiss"),
    );
    if (!isDismissed) return;
    try {
      const title = vscode.l10n.t("Clever: dismissing {0}", counted.files(files.length));
      await withWork(title, (_progress, signal) =>
        this.client.request(engine.dismiss, { ...connected, files }, { signal }),
      );
    } catch (error) {
      if (!isCancellation(error)) notifyError(error, this.log);
    } finally {
      await this.refresh();
    }
  }
}

/** The files among the nodes of a command. A folder is not expanded: only files that were selected are decided on. */
function filesAmong(node: ReportNode | undefined, nodes: readonly ReportNode[] = []): ReportItem[] {
  const given = nodes.length > 0 ? nodes : node ? [node] : [];
  return given.flatMap((each) => (each.kind === "file" ? [each.item] : []));
}

/** What is wrong with one file, or with each of several. */
function reasonsOf(items: readonly ReportItem[]): string {
  const [first] = items;
  if (items.length === 1 && first) return stateReason(first) ?? "";
  const lines = items.map((item) => [item.path, stateReason(item)].filter(Boolean).join(": "));
  return shortened(lines).join("\n");
}

/** A sentence about selected files that the decision cannot be about. */
function sentenceAboutOthers(count: number): string[] {
  if (count === 0) return [];
  return [
    forCount(
      count,
      vscode.l10n.t("1 other selected file stays as it is."),
      vscode.l10n.t("{0} other selected files stay as they are.", integer(count)),
    ),
  ];
}
