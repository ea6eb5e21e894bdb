import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { pythonWithJupyter } from "./python";

const notebook = z.object({
  cells: z.array(
    z.object({
      cell_type: z.string(),
      source: z.union([z.string(), z.array(z.string())]),
      outputs: z
        .array(z.object({ data: z.record(z.string(), z.unknown()).optional(), output_type: z.string() }))
        .optional(),
    }),
  ),
});

/** Cells as texts or exact numbers, by header. */
type TableRow = Readonly<Record<string, string | number>>;

/** An executed notebook. */
export interface RunNotebook {
  /** The file, with its outputs. */
  readonly text: string;
  /** Every table that it shows, in order. */
  readonly tables: readonly (readonly TableRow[])[];
  /** Every sentence that it shows. */
  readonly said: readonly string[];
  readonly pictures: number;
}

/**
 * Runs a notebook from top to bottom in its own folder with `jupyter nbconvert --execute`. Undefined, with a warning,
 * without Jupyter or Spark. Rejects with the notebook's error if a cell fails.
 */
export async function runNotebook(
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<RunNotebook | undefined> {
  const jupyter = await pythonWithJupyter();
  if (jupyter === undefined) return undefined;
  const folder = path.dirname(file);
  const output = "executed.ipynb";
  const args = ["-m", "nbconvert", "--to", "notebook", "--execute", "--output", output];
  const kernel = "--ExecutePreprocessor.kernel_name=python3";
  const child = spawn(jupyter.python, [...args, kernel, path.basename(file)], {
    cwd: folder,
    env: { ...process.env, ...jupyter.environment, PYSPARK_PYTHON: jupyter.python, ...environment },
  });
  const errors: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  try {
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(errors.join("").slice(-4_000));
  } finally {
    child.kill();
  }
  const text = await readFile(path.join(folder, output), "utf8");
  const data = notebook
    .parse(JSON.parse(text))
    .cells.flatMap(({ outputs = [] }) => outputs.map((each) => each.data ?? {}));
  const shown = data.flatMap((each) => (each["text/html"] === undefined ? [] : [joined(each["text/html"])]));
  return {
    text,
    tables: shown.filter((html) => html.includes("<table")).map(tableIn),
    said: shown.filter((html) => !html.includes("<table")).map(plain),
    pictures: data.filter((each) => each["image/png"] !== undefined).length,
  };
}

function tableIn(html: string): TableRow[] {
  const headers = [...html.matchAll(/<th[^>]*>(.*?)<\/th>/g)].map(([, name = ""]) => plain(name));
  const [, body = ""] = /<tbody>(.*)<\/tbody>/.exec(html) ?? [];
  return [...body.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row = ""]) => {
    const cells = [...row.matchAll(/<td(?: title="([^"]*)")?[^>]*>(.*?)<\/td>/g)];
    return Object.fromEntries(
      cells.map(([, exact, cell = ""], place) => [
        headers[place] ?? "",
        exact === undefined ? plain(cell) : Number(exact),
      ]),
    );
  });
}

function plain(html: string): string {
  const text = html.replace(/<[^>]*>/g, "");
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#x27;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

function joined(value: unknown): string {
  return Array.isArray(value) ? value.join("") : String(value);
}
