import * as vscode from "vscode";
import { groupBy } from "../../basics/groupBy";
import { plain } from "../../basics/plainText";
import type { ReportItem } from "../../engine/messages/messages";
import type { ConnectionModel } from "../connection/connectionModel";
import { Disposable } from "../dispose";
import { month, nameOf } from "../texts/format";
import { countsOf, shortCounts } from "./reportCounts";
import { stateIcon, stateReason, stateWord, tooltip } from "./reportState";
import { type FailedNode, failedItem } from "./treeItems";

/** With more reports than this, a folder groups them by month. */
const groupedAbove = 60;

/** A folder on the server, by its path. */
interface FolderNode {
  readonly kind: "folder";
  readonly path: string;
}

interface MonthNode {
  readonly kind: "month";
  /** The path of the folder that it is part of; "" is the root. */
  readonly folder: string;
  /** `yyyy-MM` */
  readonly month: string;
}

export interface FileNode {
  readonly kind: "file";
  readonly item: ReportItem;
}

export type ReportNode = FolderNode | MonthNode | FileNode | FailedNode;

interface FolderContents {
  readonly folders: string[];
  readonly files: ReportItem[];
  /** The files by month, computed on demand. */
  months?: ReadonlyMap<string, readonly ReportItem[]>;
}

/** The server's folders and files. Rebuilt for each listing of the server; each level when it is opened. */
export class ReportsTree extends Disposable implements vscode.TreeDataProvider<ReportNode> {
  private readonly changed = this.hold(new vscode.EventEmitter<void>());
  readonly onDidChangeTreeData = this.changed.event;
  private contents: Map<string, FolderContents> | undefined;

  constructor(private readonly model: ConnectionModel) {
    super();
    this.hold(
      model.onDidChange(() => {
        if (model.state === "loading") return;
        this.contents = undefined;
        this.changed.fire();
      }),
    );
  }

  async getChildren(node?: ReportNode): Promise<ReportNode[]> {
    if (node === undefined) {
      if (!this.model.mayLoad) return [];
      // The state says so; the failure has been logged.
      await this.model.loaded().catch(() => undefined);
      const { state, reports, error } = this.model;
      if (state === "failed" && reports.length === 0) return [{ kind: "failed", error }];
      return this.childrenOf("");
    }
    if (node.kind === "folder") return this.childrenOf(node.path);
    return node.kind === "month" ? fileNodes(this.below(node)) : [];
  }

  getTreeItem(node: ReportNode): vscode.TreeItem {
    if (node.kind === "file") return fileItem(node);
    if (node.kind === "failed") return failedItem(node, vscode.l10n.t("The reports could not be listed"));
    const label = node.kind === "folder" ? plain(nameOf(node.path)) : monthLabel(node.month);
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
    // A stable id preserves expansion and selection across a refresh.
    item.id = node.kind === "folder" ? `folder:${node.path}` : `month:${node.folder}:${node.month}`;
    item.iconPath = new vscode.ThemeIcon(node.kind === "folder" ? "folder" : "calendar");
    item.contextValue = node.kind;
    item.description = this.summary(node);
    return item;
  }

  /** Adds a file's tooltip. VS Code calls this when it shows one: for thousands of rows, tooltips take seconds. */
  resolveTreeItem(item: vscode.TreeItem, node: ReportNode): vscode.TreeItem {
    if (node.kind === "file") item.tooltip = tooltip(node.item);
    return item;
  }

  /** All reports below the given nodes, each once. */
  filesOf(nodes: readonly ReportNode[]): ReportItem[] {
    const found = new Map<string, ReportItem>();
    for (const node of nodes) {
      for (const item of this.below(node)) found.set(item.path, item);
    }
    return [...found.values()];
  }

  private below(node: ReportNode): readonly ReportItem[] {
    if (node.kind === "file") return [node.item];
    if (node.kind === "failed") return [];
    if (node.kind === "month") return this.monthsIn(node.folder).get(node.month) ?? [];
    return this.model.reports.filter(({ path }) => path.startsWith(`${node.path}/`));
  }

  private childrenOf(folder: string): ReportNode[] {
    const { folders, files } = this.index().get(folder) ?? { folders: [], files: [] };
    const months = () => [...this.monthsIn(folder).keys()].sort().reverse();
    return [
      ...folders.map((path) => ({ kind: "folder", path }) as const),
      ...(files.length > groupedAbove
        ? months().map((month) => ({ kind: "month", folder, month }) as const)
        : fileNodes(files)),
    ];
  }

  private monthsIn(folder: string): ReadonlyMap<string, readonly ReportItem[]> {
    const contents = this.index().get(folder);
    if (!contents) return new Map();
    contents.months ??= groupBy(contents.files, monthOf);
    return contents.months;
  }

  private summary(node: FolderNode | MonthNode): string {
    return shortCounts(countsOf(this.below(node)));
  }

  private index(): Map<string, FolderContents> {
    if (this.contents) return this.contents;
    const index = new Map<string, FolderContents>([["", { folders: [], files: [] }]]);
    const contentsOf = (path: string): FolderContents => {
      const known = index.get(path);
      if (known) return known;
      const made: FolderContents = { folders: [], files: [] };
      index.set(path, made);
      contentsOf(folderOf(path)).folders.push(path);
      return made;
    };
    for (const item of this.model.reports) contentsOf(folderOf(item.path)).files.push(item);
    for (const { folders } of index.values()) folders.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    this.contents = index;
    return index;
  }
}

function fileItem({ item }: FileNode): vscode.TreeItem {
  const shown = new vscode.TreeItem(plain(labelOf(item.path)), vscode.TreeItemCollapsibleState.None);
  shown.id = `file:${item.path}`;
  shown.iconPath = stateIcon(item);
  const reason = stateReason(item);
  // A sidebar is narrow: with more text than "failed", the reason would push the state out of view. The tooltip has
  // both.
  shown.description = plain([stateWord(item), ...(item.failure === undefined ? [] : [reason])].join(" · "));
  const kind = item.acceptable ? `${item.state}.acceptable` : item.state;
  shown.contextValue = item.report === undefined ? "file" : `report.${kind}`;
  const why = reason === undefined ? "" : `. ${reason}`;
  shown.accessibilityInformation = { label: plain(`${nameOf(item.path)}, ${stateWord(item)}${why}`) };
  if (item.report !== undefined) {
    shown.command = {
      command: "clever.preview",
      title: vscode.l10n.t("Preview Report"),
      arguments: [{ kind: "file", item }],
    };
  }
  return shown;
}

/** A month in words. A file may have no date, or an invalid one. */
function monthLabel(yearMonth: string): string {
  return Number.isNaN(Date.parse(yearMonth)) ? vscode.l10n.t("no date") : month(yearMonth);
}

/** Newest first: by the date in the name if there is one, else by modification time. */
function fileNodes(items: readonly ReportItem[]): FileNode[] {
  const newestFirst = [...items].sort(
    (a, b) => dateOf(b).localeCompare(dateOf(a)) || nameOf(a.path).localeCompare(nameOf(b.path)),
  );
  return newestFirst.map((item) => ({ kind: "file", item }));
}

/**
 * A report's name without the part that its folder already has: `2025-09-22 students` below `daily-participation`. A
 * sidebar is narrow, and the full name would push the state out of view. The tooltip has the path.
 */
function labelOf(path: string): string {
  const name = nameOf(path);
  const parts = partsOf(name);
  return parts && nameOf(folderOf(path)) === parts.report ? parts.label : name;
}

/** A report's name as `2025-09-22 students` and `daily-participation`; undefined for any other name. */
export function partsOf(name: string): { readonly label: string; readonly report: string } | undefined {
  const parts =
    /^(?<date>\d{4}-\d{2}-\d{2})-(?<report>[a-z-]+)-(?<type>[a-z]+)(?<copy> ?\(\d+\))?\.csv$/i.exec(
      name,
    )?.groups;
  if (!parts?.report) return undefined;
  return { label: `${parts.date} ${parts.type}${parts.copy ?? ""}`, report: parts.report };
}

function monthOf(item: ReportItem): string {
  return dateOf(item).slice(0, 7);
}

function dateOf(item: ReportItem): string {
  return /(?:^|\/)(\d{4}-\d{2}-\d{2})[^/]*$/.exec(item.path)?.[1] ?? item.modified ?? "0000-00";
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}
