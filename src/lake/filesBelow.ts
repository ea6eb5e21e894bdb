import type { Lake, LakeEntry, LakeOptions } from "./lake";

/** All files in a folder and below, in no particular order. */
export async function filesBelow(lake: Lake, folder: string, options: LakeOptions): Promise<LakeEntry[]> {
  const files: LakeEntry[] = [];
  for await (const entry of lake.list(folder, { ...options, recursive: true }))
    if (entry.kind === "file") files.push(entry);
  return files;
}
