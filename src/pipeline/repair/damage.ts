import { counted } from "../../basics/counted";
import { corruptedFiles, type DamagedFile, storedFiles } from "../../delta/files/storedFiles";
import type { OpenLake } from "../../delta/openLake";
import type { Snapshot } from "../../delta/snapshot";
import { withUncheckedFiles } from "../../delta/withTable";
import type { Finding } from "../log/runRecord";
import { monthOf } from "./foreignCommits";

/** The damaged data files of tables, by table; tables without any are left out. */
export type Damage = ReadonlyMap<string, readonly DamagedFile[]>;

/** Looks for data files of tables that are gone or not as they were written. Reads all of them once. */
export async function damageOf(open: OpenLake, snapshots: readonly Snapshot[]): Promise<Damage> {
  const damage = new Map<string, readonly DamagedFile[]>();
  for (const snapshot of snapshots) {
    const damaged = await damagedFiles(open, snapshot);
    if (damaged.length > 0) damage.set(snapshot.tablePath, damaged);
  }
  return damage;
}

/** A table's data files that are gone or not as they were written. Reads all of them once. */
export async function damagedFiles(open: OpenLake, snapshot: Snapshot): Promise<DamagedFile[]> {
  const { damaged } = await storedFiles(open, snapshot);
  const known = new Set(damaged.map(({ file }) => file));
  const files = [...snapshot.files.values()].filter((file) => !known.has(file));
  const corrupted = await withUncheckedFiles(open, [{ snapshot, files }], (localPathOf) =>
    corruptedFiles(snapshot, files, localPathOf, open),
  );
  return [...damaged, ...corrupted];
}

/** Findings with those about damaged data files. A table that is to be rebuilt as a whole stays so. */
export function withDamage(findings: readonly Finding[], damage: Damage): Finding[] {
  const found = new Map(findings.map((finding) => [finding.table, finding]));
  for (const [table, files] of damage) {
    const before = found.get(table);
    const months = [...(before?.months ?? []), ...files.flatMap(({ file }) => monthOf(file) ?? [])];
    const isWhole = before?.months.length === 0;
    const others = files.length > 1 ? `, and ${files.length - 1} more` : "";
    const problem = `${counted(files.length, "data file")} gone or damaged: ${files[0]?.path}${others}.`;
    found.set(table, {
      table,
      months: isWhole ? [] : [...new Set(months)].sort(),
      problem: before ? `${before.problem} ${problem}` : problem,
    });
  }
  return [...found.values()];
}

/** The paths in a table's log of its damaged data files. */
export function damagedPaths(damage: Damage, table: string): ReadonlySet<string> {
  return new Set(damage.get(table)?.map(({ file }) => file.path));
}
