import { counted } from "../../basics/counted";
import { CleverLakeError } from "../../basics/errors";
import {
  hasRepairProblems,
  type RepairedTable,
  type RepairSummary,
  repairLake,
} from "../../pipeline/repair/repair";
import { type CommandAction, shown } from "../command";
import { openConfigured } from "../connect";
import { shareOnTerminal } from "../progressBar";
import { columns } from "../table";
import { duration, integer, plain, styled } from "../text";

/** `repair`: rebuilds from the landed files what other programs changed in the tables, and damaged data files. */
export const repairTables: CommandAction<{ readonly dryRun?: true; readonly yes?: true }> = async (
  options,
  context,
) => {
  if (options.dryRun !== true && options.yes !== true) {
    throw new CleverLakeError("config", "Nothing was done: repair replaces rows of the tables.", {
      hint: "Check with --dry-run what it would do, then pass --yes.",
    });
  }
  const { lake, readSalt } = await openConfigured(options, context);
  const salt = await readSalt();
  if (!salt) {
    throw new CleverLakeError("config", "There is no salt to pseudonymize with; nothing was done.", {
      hint: "Set CLEVER_SALT to the district's salt.",
    });
  }
  using share = shareOnTerminal();
  const summary = await repairLake({
    lake,
    salt,
    dryRun: options.dryRun === true,
    signal: context.signal,
    onProgress: (progress) => share.show("Reading landed files", progress),
  });
  return shown(summary, showRepair, hasRepairProblems);
};

/** Text output of `repair`: the findings for each table, and its rows before and after. */
function showRepair({ dryRun, tables, milliseconds }: RepairSummary): string {
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
