import { expect, test } from "vitest";
import type { ReportItem } from "../../src/engine/messages/messages";
import type { ConnectionModel } from "../../src/ui/connection/connectionModel";
import { duration } from "../../src/ui/texts/format";
import { ReportsTree } from "../../src/ui/trees/reportsTree";

test.each([
  [0, "0 s"],
  [1_240, "1.2 s"],
  [59_940, "59.9 s"],
  [59_960, "1 min 0 s"],
  [119_600, "2 min 0 s"],
  [3_599_400, "59 min 59 s"],
  [7_259_000, "2 h 1 min"],
  [14_400_000, "4 h 0 min"],
])("%i ms are shown as %s", (milliseconds, text) => expect(duration(milliseconds)).toBe(text));

test("reports without a date or with an invalid one are grouped under words", async () => {
  const item = (path: string): ReportItem => ({
    path,
    state: "ignored",
    acceptable: false,
    size: 1,
  });
  const files = Array.from({ length: 61 }, (_, index) => item(`file-${index}.csv`));
  const reports = [...files, item("2025-13-45-x.csv"), item("2025-09-01-x.csv")];
  const onDidChange = () => ({ dispose: () => undefined });
  const model = { reports, mayLoad: true, onDidChange, loaded: () => Promise.resolve() };
  const tree = new ReportsTree(model as unknown as ConnectionModel);
  const labels = (await tree.getChildren()).map((node) => tree.getTreeItem(node).label);
  expect(labels).toEqual(["no date", "September 2025", "no date"]);
});
