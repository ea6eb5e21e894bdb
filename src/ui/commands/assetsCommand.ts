import path from "node:path";
import * as vscode from "vscode";
import type { AssetName, AssetsSummary } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import type { GroupSize } from "../dashboard/groupSize";
import { notify } from "../messages";
import { askLocalPath, isOnUsersMachine } from "../pages/localFiles";
import type { Parts } from "../parts";
import { counted } from "../texts/counts";
import { integer } from "../texts/format";
import { inVsCode } from "../texts/hints";
import { showInformationMessage, showQuickPick, showWarningMessage, withProgress } from "../window";

/**
 * Writes files for other products, for the lake of the connection: asks which ones and where, and opens their README.
 * Undefined if the user cancels.
 */
export async function createAssets(parts: Parts, groupSize: GroupSize): Promise<AssetsSummary | undefined> {
  const names = await askNames();
  const folder = names && (await askLocalPath(folderOptions()));
  if (names === undefined || folder === undefined) return undefined;
  const { connection } = await parts.model.connected();
  const { lake, saltKeyVaultUrl } = connection;
  const minimumGroupSize = await groupSize.confirmed();
  const params = { lakeUrl: lake.url, saltKeyVaultUrl, minimumGroupSize, folder, names };
  const summary = await withProgress(vscode.l10n.t("Clever: writing analytics assets"), (_progress, signal) =>
    parts.client.request(engine.createAssets, params, { signal }),
  );
  notifySummary(parts, summary);
  const readme = vscode.Uri.file(path.join(summary.folder, "README.md"));
  await vscode.commands.executeCommand("markdown.showPreview", readme);
  return summary;
}

function notifySummary({ log }: Parts, { folder, written, kept, skipped }: AssetsSummary): void {
  const uri = vscode.Uri.file(folder);
  const open = {
    title: vscode.l10n.t("Open the Folder"),
    act: () => vscode.commands.executeCommand("revealFileInOS", uri),
  };
  const choices = isOnUsersMachine(uri) ? [open] : [];
  for (const file of kept) log.info(`Kept with its changes: ${file} in ${folder}`);
  const texts = [vscode.l10n.t("{0} written to {1}.", counted.files(written.length), folder)];
  if (kept.length > 0) {
    texts.push(
      vscode.l10n.t(
        "Kept, because they were changed there: {0} ({1}). To write one again, delete it first.",
        ...[integer(kept.length), listed(kept)],
      ),
    );
  }
  for (const { asset, reason } of skipped)
    texts.push(vscode.l10n.t("Skipped: {0}: {1}", assetTexts()[asset][0], inVsCode(reason)));
  notify(texts.length > 1 ? showWarningMessage : showInformationMessage, texts.join(" "), ...choices);
}

function listed(files: readonly string[]): string {
  const shown = files.slice(0, 3).join(", ");
  return files.length > 3 ? `${shown}, …` : shown;
}

/** The label and the description of each asset. */
function assetTexts(): Readonly<Record<AssetName, readonly [string, string]>> {
  return {
    sql: [
      vscode.l10n.t("SQL views"),
      vscode.l10n.t("For Synapse serverless and for the SQL endpoint of Fabric"),
    ],
    "power-bi": [
      vscode.l10n.t("Power BI project"),
      vscode.l10n.t("Semantic model and report, on the SQL views"),
    ],
    pipeline: [
      vscode.l10n.t("Pipeline and deployment"),
      vscode.l10n.t(
        "Daily landing by Synapse or Fabric, and a template for storage, permissions and key vault",
      ),
    ],
    notebook: [
      vscode.l10n.t("Notebook"),
      vscode.l10n.t("PySpark, step by step from landed files to answers; read-only"),
    ],
  };
}

async function askNames(): Promise<AssetName[] | undefined> {
  const texts = assetTexts();
  const items = engine.assetNames.map((name) => {
    const [label, detail] = texts[name];
    return { label, detail, picked: true, name };
  });
  const picked = await showQuickPick(items, {
    canPickMany: true,
    title: vscode.l10n.t("Create Analytics Assets"),
    placeHolder: vscode.l10n.t("What do you want to create for this lake?"),
  });
  return picked === undefined || picked.length === 0 ? undefined : picked.map(({ name }) => name);
}

function folderOptions(): vscode.OpenDialogOptions {
  return {
    title: vscode.l10n.t("Create Analytics Assets"),
    openLabel: vscode.l10n.t("Write Here"),
    canSelectFolders: true,
    canSelectFiles: false,
  };
}
