import * as vscode from "vscode";

/**
 * Creates a tree view that remembers which rows are open. VS Code forgets this when the window reloads, and when rows
 * disappear and return. Only rows with an id are remembered.
 * @param state storage, keyed by the rows' ids
 */
export function createTreeView<T>(
  viewId: string,
  options: vscode.TreeViewOptions<T>,
  state: vscode.Memento,
): vscode.TreeView<T> {
  const key = `openRows.${viewId}`;
  const provider = options.treeDataProvider;
  /** Rows that the user opened (true) or closed (false). */
  const open = new Map<string, boolean>(Object.entries(state.get<Record<string, boolean>>(key, {})));
  const remember = async (element: T, isOpen: boolean) => {
    const { id } = await provider.getTreeItem(element);
    if (id === undefined || open.get(id) === isOpen) return;
    open.set(id, isOpen);
    await state.update(key, Object.fromEntries(open));
  };
  const view = vscode.window.createTreeView<T>(viewId, {
    ...options,
    treeDataProvider: {
      ...(provider.onDidChangeTreeData ? { onDidChangeTreeData: provider.onDidChangeTreeData } : {}),
      getChildren: (element) => {
        // VS Code asks only for the children of open rows. It has an event, too, but drops it while it refreshes the tree.
        if (element !== undefined) void remember(element, true);
        return provider.getChildren(element);
      },
      ...(provider.resolveTreeItem ? { resolveTreeItem: provider.resolveTreeItem.bind(provider) } : {}),
      getParent: (element) => provider.getParent?.(element),
      getTreeItem: async (element) => {
        const item = await provider.getTreeItem(element);
        const isOpen = item.id === undefined ? undefined : open.get(item.id);
        if (isOpen === undefined || item.collapsibleState === vscode.TreeItemCollapsibleState.None)
          return item;
        item.collapsibleState = isOpen
          ? vscode.TreeItemCollapsibleState.Expanded
          : vscode.TreeItemCollapsibleState.Collapsed;
        return item;
      },
    },
  });
  // Disposed with the view.
  view.onDidCollapseElement(({ element }) => void remember(element, false));
  return view;
}
