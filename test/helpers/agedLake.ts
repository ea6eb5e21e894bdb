import { readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import type { FolderLake } from "../../src/lake/folder";
import { upkeepTables } from "../../src/pipeline/upkeep/upkeepTables";
import { filesBelow } from "./lakeFiles";

/**
 * Makes the tables of a lake older by a number of days: the times of their files and the times in their commits. Their
 * logs must not have checkpoints.
 */
export async function agedBy(lake: FolderLake, days: number): Promise<void> {
  const milliseconds = days * 86_400_000;
  for (const { path: table } of upkeepTables()) {
    const folder = lake.localPath(table);
    for (const name of await filesBelow(folder)) {
      const file = path.join(folder, name);
      if (name.endsWith(".json")) {
        const older = (await readFile(file, "utf8")).replace(
          /"(timestamp|deletionTimestamp|modificationTime)":(\d+)/g,
          (_, field: string, time: string) => `"${field}":${Number(time) - milliseconds}`,
        );
        await writeFile(file, older);
      }
      const time = new Date(Date.now() - milliseconds);
      await utimes(file, time, time);
    }
  }
}
