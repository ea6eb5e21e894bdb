import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { CleverLakeError } from "../../basics/errors";
import { pythonPackage } from "../../basics/pythonPackage";
import { storedZip } from "../../basics/storedZip";
import { sparkProgramFolder } from "../../clever/layout";
import { type ReportName, reports } from "../../clever/reports";
import { specificationOf } from "../../clever/specification";
import type { Lake, LakeOptions } from "../../lake/lake";

/** The program for a cluster, as stored in the lake. Paths are relative to the lake. */
export interface Program {
  readonly script: string;
  readonly package: string;
  specification(report: ReportName): string;
}

const scriptName = "clever_lake_job.py";
const packageName = "clever_lake";

/**
 * Puts the scripts and the specifications of all reports into the lake, unless they exist there, in a folder named
 * after the hash of all of them. The program that ran can be checked afterwards, and no cluster runs a mix of
 * versions.
 * @param scripts the folder of the entry script and its package
 */
export async function storeProgram(lake: Lake, scripts: string, options: LakeOptions): Promise<Program> {
  const specifications = Object.values(reports).map((report) => {
    const text = JSON.stringify(specificationOf(report), undefined, 2);
    return [specificationName(report.name), Buffer.from(text)] as const;
  });
  const files: (readonly [string, Buffer])[] = [
    [scriptName, await readFile(path.join(scripts, scriptName))],
    [`${packageName}.zip`, storedZip(await pythonPackage(path.join(scripts, packageName)))],
    ...specifications,
  ];
  const hash = createHash("sha256");
  for (const [name, bytes] of files) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  const folder = sparkProgramFolder(hash.digest("hex"));
  for (const [name, bytes] of files) await put(lake, `${folder}/${name}`, bytes, options);
  return {
    script: `${folder}/${scriptName}`,
    package: `${folder}/${packageName}.zip`,
    specification: (report) => `${folder}/${specificationName(report)}`,
  };
}

/** An existing file must have the expected bytes, because it runs with access to the salt. */
async function put(lake: Lake, place: string, bytes: Buffer, options: LakeOptions): Promise<void> {
  if (await lake.putIfAbsent(place, bytes, options)) return;
  if (bytes.equals(await lake.readRange(place, 0, bytes.length + 1, options))) return;
  throw new CleverLakeError("corrupt", "The program for Spark was changed; nothing was sent.", {
    subject: place,
    hint: "Find out what writes to stage1np, then delete this file: the next run restores it.",
  });
}

function specificationName(report: ReportName): string {
  return `${report}.json`;
}
