import { isCleverLakeError } from "../../basics/errors";
import { earlierSaltFingerprintPath, saltFingerprintPath, tableFolders } from "../../clever/layout";
import type { Lake, LakeOptions } from "../../lake/lake";
import { temporaryFolder } from "../../lake/lakePath";
import type { CheckedSalt } from "./salt";

/**
 * Moves what earlier versions kept among the tables, where OEA treats every child as a table: the salt's fingerprint
 * goes to its new place, and the folders of temporary files are removed. To be called by the holder of the run's lock,
 * so that nobody is writing there. The fingerprint goes last: if this is interrupted, the next run does it again.
 *
 * @param salt as checked before: a lake has such files only if its salt's fingerprint was among the tables
 */
export async function moveOutOfTableFolders(
  lake: Lake,
  { evidence, stored }: CheckedSalt,
  options: LakeOptions,
): Promise<void> {
  if (evidence === "new" || stored?.path === saltFingerprintPath) return;
  const folders = tableFolders.map((folder) => `${folder}/${temporaryFolder}`);
  for await (const { path } of lake.temporaries(options)) {
    if (folders.some((folder) => path.startsWith(`${folder}/`))) await lake.delete(path, options);
  }
  for (const folder of folders) await lake.deleteEmptyFolder(folder, options);
  try {
    await lake.rename(earlierSaltFingerprintPath, saltFingerprintPath, options);
  } catch (error) {
    if (!isCleverLakeError(error, "notFound")) throw error;
  }
}
