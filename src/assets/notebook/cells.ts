/**
 * Synapse and Fabric run a notebook with this metadata in PySpark without asking; VS Code and Jupyter ask for a
 * kernel.
 */
const metadata = {
  kernelspec: { name: "synapse_pyspark", display_name: "Synapse PySpark", language: "Python" },
  kernel_info: { name: "synapse_pyspark" },
  language_info: { name: "python" },
};

/**
 * A notebook in nbformat 4.2, which VS Code, Jupyter, Synapse and Fabric read, without outputs. It is generated from a
 * script in the percent format: `# %%` begins a code cell, `# %% [markdown]` a text cell, whose lines are comments.
 * Lines before the first cell are dropped.
 * @param values replacements for `{{name}}`; throws for a name without a value
 */
export function notebookOf(script: string, values: Readonly<Record<string, string>>): string {
  const filled = script.replace(/\{\{([\w.]+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the notebook's script names ${name}, which has no value`);
    return value;
  });
  const [, ...parts] = filled.split(/^# %%/m);
  const notebook = { nbformat: 4, nbformat_minor: 2, metadata, cells: parts.map(cellOf) };
  return `${JSON.stringify(notebook, undefined, 1)}\n`;
}

function cellOf(part: string): object {
  const [kind = "", ...lines] = part.split("\n");
  if (kind.trim() === "[markdown]") {
    return {
      cell_type: "markdown",
      metadata: {},
      source: sourceOf(lines.map((line) => line.replace(/^# ?/, ""))),
    };
  }
  return { cell_type: "code", metadata: {}, execution_count: null, outputs: [], source: sourceOf(lines) };
}

/** Lines without leading and trailing blank ones. */
function sourceOf(lines: readonly string[]): string[] {
  const text = lines.join("\n").trim();
  return text === "" ? [] : text.split(/(?<=\n)/);
}
