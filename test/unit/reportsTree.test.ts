import { expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { ConnectionModel } from "../../src/ui/connection/connectionModel";
import { ReportsTree } from "../../src/ui/trees/reportsTree";

/** A tree whose server cannot be listed. */
function treeWith(reports: readonly object[]): ReportsTree {
  const error = new CleverLakeError("network", "The server does not answer.", { hint: "Check the network." });
  const model = {
    mayLoad: true,
    state: "failed",
    error,
    reports,
    loaded: () => Promise.reject(error),
    onDidChange: () => ({ dispose: () => undefined }),
  };
  return new ReportsTree(model as unknown as ConnectionModel);
}

test("a first listing that failed is one row, with the reason and a way to try again", async () => {
  const tree = treeWith([]);
  const [row, ...others] = await tree.getChildren();
  expect(others).toEqual([]);
  if (row === undefined) throw new Error("there is no row");
  const item = tree.getTreeItem(row);
  expect(item.label).toBe("The reports could not be listed");
  expect(item.description).toBe("The server does not answer. Check the network.");
  expect(item.command?.command).toBe("clever.refresh");
  expect(tree.filesOf([row])).toEqual([]);
});

test("reports that were listed before stay when a later listing fails", async () => {
  const tree = treeWith([{ path: "2025-08-25-daily-participation-students.csv", state: "new" }]);
  expect((await tree.getChildren()).map(({ kind }) => kind)).toEqual(["file"]);
});
