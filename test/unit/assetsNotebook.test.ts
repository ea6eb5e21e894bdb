import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { notebookOf } from "../../src/assets/notebook/cells";
import { viewBodies } from "../../src/assets/notebook/definitions";
import { sparkScripts } from "../helpers/sparkEngine";

test("a script in the percent format becomes cells with filled-in values", () => {
  const script =
    "# about\n\n# %% [markdown]\n# # Title\n#\n# of {{what}}\n\n# %%\nx = 1\n\n\n# %%\ny = {{n}}\n";
  expect(JSON.parse(notebookOf(script, { what: "texts", n: "2" }))).toMatchObject({
    nbformat: 4,
    cells: [
      { cell_type: "markdown", source: ["# Title\n", "\n", "of texts"] },
      { cell_type: "code", source: ["x = 1"], outputs: [], execution_count: null },
      { cell_type: "code", source: ["y = 2"] },
    ],
  });
  expect(() => notebookOf("# %%\n{{unknown}}", {})).toThrow("unknown");
});

test("the SQL of the questions uses temporary Spark views, all of which the notebook creates", async () => {
  const bodies = Object.values(viewBodies()).join("\n");
  expect(bodies).not.toMatch(/\b(?:lake|dbo|questions)\.\w/);
  expect(bodies).not.toMatch(/\bFROM people\.\w/);
  const script = await readFile(path.join(sparkScripts, "participation.py"), "utf8");
  const named = new Set(bodies.match(/\bpeople_\w+/g));
  expect(named.size).toBeGreaterThan(2);
  expect([...named].filter((name) => !script.includes(`createOrReplaceTempView("${name}")`))).toEqual([]);
});
