import { counted } from "../basics/counted";
import type { OptimizedTable, OptimizeSummary } from "../pipeline/upkeep/optimizeLake";
import type { VacuumSummary } from "../pipeline/upkeep/vacuumLake";
import { columns } from "./table";
import { bytes, duration, integer, plain, styled } from "./text";

/** Text output of `optimize`: the tables, and the partitions whose files change. */
export function showOptimize({ dryRun, tables, milliseconds }: OptimizeSummary): string {
  const sum = (of: (table: OptimizedTable) => number) =>
    tables.reduce((total, table) => total + of(table), 0);
  const [before, after] = [sum((table) => table.before.files), sum((table) => table.after.files)];
  const listing = columns(
    ["Table", "Files before", "after", "Size before", "after"],
    tables.flatMap(rowsOf),
    [1, 2, 3, 4],
  );
  const rewritten = sum((table) => table.rewritten);
  const change = `${counted(before, "data file")} ${dryRun ? "would become" : "became"} ${integer(after)}, ${bytes(rewritten)} of them rewritten`;
  const verdict =
    rewritten === 0
      ? `${styled("green", "Nothing to merge.")} No partition has many small data files.`
      : dryRun
        ? `${styled("cyan", "Dry run:")} ${change}; nothing was written. The resulting sizes are estimates.`
        : `${styled("green", "Merged:")} ${change}, in ${duration(milliseconds)}. The merged files stay for readers of older versions; clever-lake vacuum removes them after a week.`;
  const parts = tables.length === 0 ? [] : [listing, ""];
  return [...parts, verdict, ...problemLines(tables)].join("\n");
}

function rowsOf({ table, before, after, partitions }: OptimizedTable): string[][] {
  const row = (name: string, were: OptimizedTable["before"], are: OptimizedTable["after"]) => [
    name,
    integer(were.files),
    integer(are.files),
    bytes(were.bytes),
    bytes(are.bytes),
  ];
  const changed = partitions.filter(
    (each) => each.partition !== "" && each.before.files !== each.after.files,
  );
  return [
    row(plain(table), before, after),
    ...changed.map((each) => row(`  ${plain(each.partition)}`, each.before, each.after)),
  ];
}

/** Text output of `vacuum`. A dry run lists each file. */
export function showVacuum(summary: VacuumSummary): string {
  const { dryRun, olderThanDays, files, tables, milliseconds } = summary;
  const what = `${counted(files, "data file")} (${bytes(summary.bytes)})`;
  const days = counted(olderThanDays, "day");
  const listing = dryRun
    ? tables.flatMap((table) => table.files.map(({ path, size }) => [plain(path), bytes(size)]))
    : tables
        .filter((table) => table.files.length > 0)
        .map((table) => [plain(table.table), counted(table.files.length, "file")]);
  const shown =
    listing.length === 0 ? [] : [columns(dryRun ? ["File", "Size"] : ["Table", "Removed"], listing, [1]), ""];
  const verdict =
    files === 0
      ? `${styled("green", "Nothing to remove.")} Every data file is newer than ${days} or needed by a table version from that period.`
      : dryRun
        ? `${styled("cyan", "Dry run:")} ${what} that no version of the last ${days} needs would be removed; nothing was removed.`
        : `${styled("green", "Removed:")} ${what} that no version of the last ${days} needs, in ${duration(milliseconds)}.`;
  return [...shown, verdict, ...problemLines(tables)].join("\n");
}

function problemLines(
  tables: readonly { readonly table: string; readonly problem: string | null }[],
): string[] {
  const problems = tables.flatMap(({ table, problem }) =>
    problem === null ? [] : [`  ${plain(table)}: ${plain(problem)}`],
  );
  return problems.length === 0 ? [] : ["", styled("red", "Not changed:"), ...problems];
}
