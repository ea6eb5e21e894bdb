import type { TreeDataProvider, TreeItem } from "vscode";

/** A line of a tree as displayed. */
export interface Line {
  readonly depth: number;
  readonly label: string;
  readonly id: string;
  readonly description: string;
  readonly context: string;
}

/** Everything that a tree shows when fully expanded, from top to bottom. */
export async function linesOf<T>(tree: TreeDataProvider<T>, node?: T, depth = 0): Promise<Line[]> {
  const lines: Line[] = [];
  for (const child of (await tree.getChildren(node)) ?? []) {
    lines.push(lineOf(await tree.getTreeItem(child), depth));
    lines.push(...(await linesOf(tree, child, depth + 1)));
  }
  return lines;
}

/** The node at the end of a path of labels. */
export async function nodeAt<T>(tree: TreeDataProvider<T>, ...labels: readonly RegExp[]): Promise<T> {
  let node: T | undefined;
  for (const label of labels) {
    const children: readonly T[] = (await tree.getChildren(node)) ?? [];
    const found: T | undefined = await firstOf(tree, children, label);
    if (found === undefined) throw new Error(`The tree has no ${label} there.`);
    node = found;
  }
  if (node === undefined) throw new Error("A path has at least one label.");
  return node;
}

async function firstOf<T>(
  tree: TreeDataProvider<T>,
  nodes: readonly T[],
  label: RegExp,
): Promise<T | undefined> {
  for (const node of nodes) {
    if (label.test(lineOf(await tree.getTreeItem(node), 0).label)) return node;
  }
  return undefined;
}

function lineOf(item: TreeItem, depth: number): Line {
  return {
    depth,
    label: typeof item.label === "string" ? item.label : (item.label?.label ?? ""),
    id: item.id ?? "",
    description: typeof item.description === "string" ? item.description : "",
    context: item.contextValue ?? "",
  };
}
