import * as vscode from "vscode";
import { describeError } from "../../basics/errors";
import { plain } from "../../basics/plainText";
import type {
  Finding,
  LakeOverview,
  LakeStage,
  LandedFileItem,
  TableItem,
} from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { Disposable } from "../dispose";
import { mustBeAdopted } from "../messages";
import type { Parts } from "../parts";
import { counted } from "../texts/counts";
import { bytes, dateTime, nameOf } from "../texts/format";
import { inVsCode } from "../texts/hints";
import { partsOf } from "./reportsTree";
import { coloredIcon, type FailedNode, failedItem, rowsOfLake } from "./treeItems";

interface StageNode {
  readonly kind: "stage";
  readonly stage: LakeStage;
}
interface LandingsNode {
  readonly kind: "landings";
  readonly parent: StageNode;
}
interface LandingNode {
  readonly kind: "landing";
  readonly parent: LandingsNode;
  readonly folder: string;
  readonly time: string;
}
export type LakeNode =
  | FailedNode
  | { readonly kind: "adoption" }
  | StageNode
  | { readonly kind: "table"; readonly parent: StageNode; readonly table: TableItem }
  | LandingsNode
  | LandingNode
  | { readonly kind: "landed"; readonly parent: LandingNode; readonly file: LandedFileItem };

/** Stages → tables with version, rows and last change; landed files by run. */
export class LakeTree extends Disposable implements vscode.TreeDataProvider<LakeNode> {
  private readonly changed = this.hold(new vscode.EventEmitter<void>());
  readonly onDidChangeTreeData = this.changed.event;
  private overview: Promise<LakeOverview> | undefined;
  /** The shown facts that come from the model: whether to adopt the lake, and tables that another program changed. */
  private warned = "";

  constructor(private readonly parts: Parts) {
    super();
    const { model } = parts;
    this.hold(
      model.onDidChangeLake(() => {
        this.overview = undefined;
        this.changed.fire();
      }),
    );
    this.hold(
      model.onDidChange(() => {
        const warned = [
          model.lake.needsAdoption,
          ...model.lake.changedByOthers.map(({ table }) => table),
        ].join("\n");
        if (warned === this.warned) return;
        this.warned = warned;
        this.changed.fire();
      }),
    );
  }

  async getChildren(node?: LakeNode): Promise<LakeNode[]> {
    try {
      return await (node ? this.childrenOf(node) : rowsOfLake(() => this.childrenOf()));
    } catch (error) {
      this.parts.log.error(describeError(error));
      return [{ kind: "failed", error }];
    }
  }

  getParent(node: LakeNode): LakeNode | undefined {
    return "parent" in node ? node.parent : undefined;
  }

  getTreeItem(node: LakeNode): vscode.TreeItem {
    switch (node.kind) {
      case "failed":
        return failedItem(node);
      case "adoption":
        return adoptionItem();
      case "stage":
        return stageItem(node.stage);
      case "table":
        return opened(tableItem(node.table, this.findingOf(node.table)), node);
      case "landings":
        return folderItem("landings", vscode.l10n.t("Landed files"), "inbox");
      case "landing": {
        const item = folderItem(`landing:${node.folder}`, dateTime(node.time), "folder");
        item.description = node.folder;
        return item;
      }
      case "landed":
        return opened(landedItem(node.file), node);
    }
  }

  /** The node of a landed file, for revealing it; undefined if the lake has no such file. */
  async find(landedPath: string): Promise<LakeNode | undefined> {
    const folders = new Set(landedPath.split("/"));
    const landing = (await this.landings()).find(({ folder }) => folders.has(folder));
    const files = landing ? await this.childrenOf(landing) : [];
    return files.find((node) => node.kind === "landed" && node.file.path === landedPath);
  }

  private findingOf({ path }: TableItem): Finding | undefined {
    return this.parts.model.lake.changedByOthers.find(({ table }) => table === path);
  }

  private async childrenOf(node?: LakeNode): Promise<LakeNode[]> {
    if (node === undefined) {
      if (!this.parts.model.mayLoad) return [];
      const { stages } = await this.read();
      return [
        ...(this.parts.model.lake.needsAdoption ? [{ kind: "adoption" } as const] : []),
        ...stages.map((stage) => ({ kind: "stage", stage }) as const),
      ];
    }
    switch (node.kind) {
      case "stage": {
        const tables = node.stage.tables.map((table): LakeNode => ({ kind: "table", parent: node, table }));
        return hasLandings(node.stage) ? [...tables, { kind: "landings", parent: node }] : tables;
      }
      case "landings":
        return this.landings();
      case "landing": {
        const { client, model } = this.parts;
        const params = { ...(await model.connected()), folder: node.folder };
        const { files } = await client.request(engine.landedFiles, params);
        return files.map((file) => ({ kind: "landed", parent: node, file }));
      }
      default:
        return [];
    }
  }

  private async landings(): Promise<LandingNode[]> {
    const { stages, landings } = await this.read();
    const stage = stages.find(hasLandings);
    if (!stage) return [];
    const parent = { kind: "landings", parent: { kind: "stage", stage } } as const;
    return landings.map((landing) => ({ kind: "landing", parent, ...landing }));
  }

  private async read(): Promise<LakeOverview> {
    const { model, client } = this.parts;
    this.overview ??= model.connected().then((connected) => client.request(engine.lakeContents, connected));
    const { overview } = this;
    try {
      return await overview;
    } catch (error) {
      // The lake may have changed in the meantime, and is being read again.
      if (this.overview === overview) this.overview = undefined;
      throw error;
    }
  }
}

function hasLandings({ name }: LakeStage): boolean {
  return name === "stage1np";
}

/** Makes a click open the item. */
function opened(item: vscode.TreeItem, node: LakeNode): vscode.TreeItem {
  item.command = { command: "clever.openLakeItem", title: vscode.l10n.t("Open"), arguments: [node] };
  return item;
}

/** The row for a lake that must be adopted first. */
function adoptionItem(): vscode.TreeItem {
  const label = vscode.l10n.t("This lake must be adopted");
  const item = new vscode.TreeItem(label);
  item.id = "adoption";
  item.iconPath = coloredIcon("warning", "list.warningForeground");
  item.description = mustBeAdopted();
  item.tooltip = mustBeAdopted();
  item.contextValue = "adoption";
  item.accessibilityInformation = { label: `${label}. ${mustBeAdopted()}` };
  item.command = { command: "clever.adopt", title: vscode.l10n.t("Adopt OEA's Lake") };
  return item;
}

function folderItem(id: string, label: string, icon: string): vscode.TreeItem {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = id;
  item.iconPath = new vscode.ThemeIcon(icon);
  return item;
}

function stageItem(stage: LakeStage): vscode.TreeItem {
  const item = new vscode.TreeItem(stage.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `stage:${stage.name}`;
  item.iconPath = new vscode.ThemeIcon(stage.identities ? "lock" : "shield");
  item.description = stage.identities ? vscode.l10n.t("contains identities") : vscode.l10n.t("pseudonymized");
  item.contextValue = "lake.stage";
  return item;
}

function tableItem(table: TableItem, finding: Finding | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(table.name, vscode.TreeItemCollapsibleState.None);
  item.id = `table:${table.path}`;
  item.contextValue = "lake.table";
  if (table.problem !== null) {
    const problem = inVsCode(table.problem);
    item.iconPath = coloredIcon("warning", "charts.red");
    item.description = problem;
    item.tooltip = problem;
    item.accessibilityInformation = { label: `${table.name}. ${problem}` };
    return item;
  }
  item.iconPath = new vscode.ThemeIcon("table");
  if (finding !== undefined) {
    const problem = inVsCode(finding.problem);
    item.iconPath = coloredIcon("warning", "list.warningForeground");
    item.contextValue = "lake.table.changed";
    item.description = vscode.l10n.t("changed by another program");
    item.tooltip = `${table.path}\n${problem}`;
    item.accessibilityInformation = { label: `${table.name}, ${item.description}. ${problem}` };
    return item;
  }
  const rows = table.rows === null ? [] : [counted.rows(table.rows)];
  const changed = table.changed === null ? [] : [dateTime(table.changed)];
  item.description = [...rows, vscode.l10n.t("version {0}", table.version), ...changed].join(" · ");
  item.tooltip = [table.path, ...rows, `${counted.dataFiles(table.files)}, ${bytes(table.bytes)}`].join("\n");
  item.accessibilityInformation = { label: `${table.name}, ${item.description}` };
  return item;
}

function landedItem(file: LandedFileItem): vscode.TreeItem {
  // Other programs land files too, under any name.
  const name = plain(nameOf(file.path));
  const parts = partsOf(name);
  const item = new vscode.TreeItem(parts?.label ?? name, vscode.TreeItemCollapsibleState.None);
  item.id = `landed:${file.path}`;
  item.iconPath = new vscode.ThemeIcon("file");
  item.description = parts ? `${parts.report} · ${bytes(file.size)}` : bytes(file.size);
  item.tooltip = plain(file.path);
  item.contextValue = "lake.file";
  item.accessibilityInformation = { label: `${name}, ${bytes(file.size)}` };
  return item;
}
