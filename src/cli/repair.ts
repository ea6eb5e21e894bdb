import { counted } from "../basics/counted";
import type { Finding } from "../pipeline/log/runRecord";
import type { RepairedTable, RepairSummary } from "../pipeline/repair/repair";
import { columns } from "./table";
import { duration, integer, plain, styled } from "./text";

/** Text output of `repair`: the findings for each table, and its rows before and after. */
export function showRepair({ dryRun, tables, milliseconds }: RepairSummary): string {
  if (tables.length === 0) {
    return `${styled("green", "Nothing to repair.")} No other program changed rows of the tables, and no data file is damaged.`;
  }
  const repaired = tables.filter(({ problem }) => problem === null);
  const what = counted(repaired.length, "table");
  const verdict =
    repaired.length === 0
      ? []
      : dryRun
        ? [
            `${styled("cyan", "Dry run:")} ${what} would be rebuilt; nothing was written. Pass --yes to rebuild.`,
          ]
        : [`${styled("green", "Repaired:")} ${what}, in ${duration(milliseconds)}.`];
  return [...tables.flatMap((table) => tableLines(table, dryRun)), ...verdict].join("\n");
}

function tableLines(table: RepairedTable, dryRun: boolean): string[] {
  const { rebuilt, months, rowsBefore, rowsAfter, kept, replaced, problem } = table;
  const count = (rows: number | null) => (rows === null ? "?" : integer(rows));
  const rows =
    months.length > 0
      ? [
          columns(
            ["Month", "Rows before", "after"],
            months.map((each) => [each.month ?? "none", count(each.rowsBefore), count(each.rowsAfter)]),
            [1, 2],
          ),
        ]
      : rowsAfter === null
        ? []
        : [`  ${count(rowsBefore)} rows before, ${count(rowsAfter)} after`];
  const whole = dryRun
    ? "  The whole table would be rebuilt next to the old one, and would replace it."
    : replaced === null
      ? "  The whole table was rebuilt."
      : `  The whole table was rebuilt next to the old one, which is kept in ${plain(replaced)}; delete it when you no longer need it.`;
  return [
    styled("yellow", plain(table.table)),
    `  ${plain(table.found)}`,
    ...(problem === null ? rows : [`  ${styled("red", "Not changed:")} ${plain(problem)}`]),
    ...(problem === null && rebuilt === "table" ? [whole] : []),
    ...(kept.length > 0
      ? [
          `  The landed files are missing, so the rows of these reports were not changed: ${kept.map(plain).join(", ")}`,
        ]
      : []),
    "",
  ];
}

/** The lines of `run` and `status` about changes by other programs. */
export function foreignChangeLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  return [
    styled("red", `Changed by other programs: ${counted(findings.length, "table")}`),
    ...findings.map(({ table, months, problem }) => {
      const which = months.length === 0 ? "" : ` (${months.join(", ")})`;
      return `  ${plain(table)}${which}: ${plain(problem)}`;
    }),
    `  clever-lake repair --dry-run shows what would be rebuilt from the landed files.`,
  ];
}
