import type { Lake, LakeEntry, LakeOptions } from "../lake/lake";

/** All files in a table's folder and below, with those of its log. */
export async function filesOfTable(
  lake: Lake,
  tablePath: string,
  options: LakeOptions,
): Promise<LakeEntry[]> {
  const files: LakeEntry[] = [];
  for await (const entry of lake.list(tablePath, { ...options, recursive: true }))
    if (entry.kind === "file") files.push(entry);
  return files;
}

/** Parquet files by path, except hidden ones and those of other tables below this one's folder. */
export function dataFilesAmong(files: readonly LakeEntry[], tablePath: string): LakeEntry[] {
  const nameOf = ({ path }: LakeEntry) => path.slice(tablePath.length + 1);
  const tablesBelow = new Set(files.flatMap((file) => /^(.+\/)_delta_log\//.exec(nameOf(file))?.[1] ?? []));
  const isHidden = (name: string) => name.split("/").some((part) => /^[_.]/.test(part));
  return files
    .filter((file) => {
      const name = nameOf(file);
      return name.endsWith(".parquet") && !isHidden(name) && !isBelow(name, tablesBelow);
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function isBelow(name: string, folders: ReadonlySet<string>): boolean {
  for (const folder of folders) if (name.startsWith(folder)) return true;
  return false;
}
