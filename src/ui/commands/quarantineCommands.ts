import * as vscode from "vscode";
import { fill } from "../../basics/fill";
import type { Connected, ReportItem } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { confirmed, notify, notifyNothingSelected } from "../messages";
import type { Parts } from "../parts";
import type { RunController } from "../runs/runController";
import { counted, forCount, ifAny, shortened } from "../texts/counts";
import { stateReason } from "../trees/reportState";
import type { ReportNode } from "../trees/reportsTree";
import { showInformationMessage } from "../window";
import { withWork } from "../withWork";

/**
 * The commands that decide about quarantined files. Each acts on all selected files, after one confirmation, and with
 * the connection from before it, because another window may change the settings in the meantime.
 */
export class QuarantineCommands {
  constructor(
    private readonly parts: Parts,
    private readonly runs: RunController,
    private readonly refresh: () => Promise<void>,
  ) {}

  /** Accepts files without their bad rows, after showing what is wrong; the run reports how many there were. */
  async accept(node?: ReportNode, nodes?: readonly ReportNode[]): Promise<void> {
    const agreed = await this.agreed(filesAmong(node, nodes), {
      isPossible: ({ acceptable }) => acceptable,
      impossible: (file) =>
        vscode.l10n.t("{0} cannot be accepted without its bad rows. {1}", file.path, stateReason(file) ?? ""),
      question: [
        vscode.l10n.t("Accept {0} without its bad rows?"),
        vscode.l10n.t("Accept {0} files without their bad rows?"),
      ],
      detail: [
        vscode.l10n.t("{0}\n\nThe refused rows are kept next to the file in stage1np and counted."),
        vscode.l10n.t("{0}\n\nThe refused rows are kept next to the files in stage1np and counted."),
      ],
      yes: vscode.l10n.t("Accept Without the Bad Rows"),
    });
    if (agreed === undefined) return;
    const { connected, files } = agreed;
    await this.runs.run({ command: "run", only: files, accept: files }, { connected });
  }

  /** Dismisses files permanently, so that they no longer need attention. */
  async dismiss(node?: ReportNode, nodes?: readonly ReportNode[]): Promise<void> {
    const agreed = await this.agreed(filesAmong(node, nodes), {
      isPossible: ({ state }) => state === "quarantined",
      impossible: ({ path }) => vscode.l10n.t("{0} is not in quarantine.", path),
      question: [vscode.l10n.t("Dismiss {0}?"), vscode.l10n.t("Dismiss {0} files?")],
      detail: [
        vscode.l10n.t(
          "{0}\n\nNo row of this delivery enters the tables, and it is no longer shown as waiting. Its copy stays in the lake. If the server publishes the report again, it is read as usual.",
        ),
        vscode.l10n.t(
          "{0}\n\nNo row of these deliveries enters the tables, and they are no longer shown as waiting. Their copies stay in the lake. If the server publishes one of the reports again, it is read as usual.",
        ),
      ],
      yes: vscode.l10n.t("Dismiss"),
    });
    if (agreed === undefined) return;
    const { connected, files } = agreed;
    try {
      const title = vscode.l10n.t("Clever: dismissing {0}", counted.files(files.length));
      await withWork(title, (_progress, signal) =>
        this.parts.client.request(engine.dismiss, { ...connected, files }, { signal }),
      );
    } finally {
      await this.refresh();
    }
  }

  /** Asks about the selected files that a decision is possible for; undefined if the user does not agree. */
  private async agreed(
    selected: readonly ReportItem[],
    { isPossible, impossible, question, detail, yes }: Decision,
  ): Promise<{ readonly connected: Connected; readonly files: readonly string[] } | undefined> {
    const [first] = selected;
    if (first === undefined) {
      notifyNothingSelected("clever.reports");
      return undefined;
    }
    const items = selected.filter(isPossible);
    if (items.length === 0) {
      notify(showInformationMessage, impossible(first));
      return undefined;
    }
    const connected = await this.parts.model.connected();
    const files = items.map(({ path }) => path);
    const [one, many] = detail;
    const isAgreed = await confirmed(
      forCount(files.length, ...question, ...files),
      [
        fill(files.length === 1 ? one : many, reasonsOf(items)),
        ...ifAny(
          selected.length - items.length,
          vscode.l10n.t("1 other selected file stays as it is."),
          vscode.l10n.t("{0} other selected files stay as they are."),
        ),
      ].join("\n\n"),
      yes,
    );
    return isAgreed ? { connected, files } : undefined;
  }
}

/** A decision about quarantined files, in texts about one of them and about several. */
interface Decision {
  readonly isPossible: (file: ReportItem) => boolean;
  /** Why it is not possible for a file. */
  readonly impossible: (file: ReportItem) => string;
  readonly question: readonly [one: string, many: string];
  /** With a placeholder for what is wrong with the files. */
  readonly detail: readonly [one: string, many: string];
  /** The confirming button. */
  readonly yes: string;
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
