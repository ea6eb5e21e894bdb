import type { LakeEntry } from "../../lake/lake";

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
