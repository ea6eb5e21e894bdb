import { writeFile } from "node:fs/promises";
import path from "node:path";
import { counted } from "../basics/counted";
import { CleverLakeError } from "../basics/errors";
import { removeLocal } from "../basics/filesInUse";
import { newSalt } from "../basics/newSalt";
import { machineScratch } from "../basics/scratch";
import { reportNamesOnServer } from "../clever/fileNames";
import { type UserType, userTypes } from "../clever/reports";
import { openingFilter } from "../dashboard/opening";
import { participationMetrics } from "../dashboard/query/metrics";
import { FolderLake } from "../lake/folder";
import { isLake } from "../lake/requireLake";
import { nothingYet } from "../pipeline/nothingYet";
import { importRoster } from "../pipeline/roster/importRoster";
import { rosterOnServer } from "../pipeline/roster/rosterFile";
import { run } from "../pipeline/run";
import type { RunRequest } from "../pipeline/runRequest";
import { verifyLake } from "../pipeline/verify/verify";
import { sampleDistrict } from "../sample/district";
import { writeDistrict } from "../sample/reportFiles";
import { writeRoster } from "../sample/roster";
import { showcase } from "../sample/showcase";
import { startSftpServer } from "../sftp/server/server";
import { SftpSource } from "../sftp/sftpSource";
import { withIndex } from "./participation";
import { progressView } from "./progressBar";
import { showRoster } from "./roster";
import { showMetrics, showRun, showVerification } from "./show";
import { styled } from "./text";

export interface DemoOptions {
  /** Where to keep the lake; if omitted, a temporary folder that is removed at the end. */
  readonly keep?: string;
  /** How many school days the reports cover; by default those of the showcase. */
  readonly days?: number;
}

/**
 * The whole workflow on a sample district: a real SFTP server in this process, a lake in a folder, two runs (the
 * second finds nothing new), the roster, the metrics and the verification.
 */
export async function demo(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const { keep, days = showcase.days } = options;
  if (keep !== undefined) await requireNoLake(await FolderLake.open(keep));
  const folder = await machineScratch();
  try {
    const { students, schools } = showcase;
    const district = sampleDistrict({ ...showcase, days });
    const counts = [counted(students, "student"), counted(schools, "school"), counted(days, "school day")];
    step(`A sample district: ${counts.join(", ")}`);
    const reports = path.join(folder, "reports");
    await writeDistrict(district, reports, { signal });
    const roster = await writeRoster(district, reports, { signal });
    await using server = await startSftpServer({ folder: reports, username: "district", password: "sample" });
    const { host, port, hostKeyFingerprint } = server;
    await using source = new SftpSource({
      host,
      port,
      username: "district",
      password: "sample",
      hostKey: hostKeyFingerprint,
      names: reportNamesOnServer,
    });
    const lake = await FolderLake.open(keep ?? path.join(folder, "lake"));
    const salt = newSalt();
    const request = {
      command: "run",
      lake,
      source,
      salt,
      userTypes: [...userTypes] as UserType[],
      signal,
    } as const;

    step(`First run: everything from ${host}:${port} into the lake`);
    console.log(showRun(await withProgress(request)));
    step("Second run: only what is new");
    console.log(showRun(await withProgress(request)));
    step("The roster: pseudonym, school and grade of each student");
    const file = await rosterOnServer(source, roster, signal);
    console.log(showRoster(await importRoster({ lake, file, salt, signal })));
    step("What the tables say about participation");
    const counting = { minimumGroupSize: 10, keepWhole: "schools" } as const;
    const filter = { ...openingFilter, range: { preset: "all" } } as const;
    const metrics = await withIndex(
      lake,
      { cache: false },
      (index) => {
        if (index === undefined) throw nothingYet(lake);
        return participationMetrics(index, filter, counting, signal);
      },
      signal,
    );
    console.log(showMetrics(metrics, filter));
    step("Verifying the tables against the log and the landed files");
    console.log(showVerification(await verifyLake(lake, salt, signal)));
    if (keep !== undefined) {
      const config = path.join(keep, "clever-lake.json");
      await writeFile(config, `${JSON.stringify({ lake: { url: lake.url } }, undefined, 2)}\n`);
      console.log(
        `\nThe lake is kept in ${keep}. Other commands find it with \`--config ${config}\`.\n` +
          `\`verify\` and further runs need its salt as CLEVER_SALT: ${salt}`,
      );
    }
  } finally {
    await removeLocal(folder);
  }
}

/** The demo makes a salt of its own, which no other lake accepts. */
async function requireNoLake(lake: FolderLake): Promise<void> {
  if (!(await isLake(lake))) return;
  throw new CleverLakeError("config", "There is a lake here already; nothing was done.", {
    subject: lake.url,
    hint: "Name another folder, or delete this one if the lake is an earlier demo's.",
  });
}

async function withProgress(request: RunRequest) {
  const view = await progressView();
  try {
    return await run({ ...request, onProgress: view.listener });
  } finally {
    view.stop();
  }
}

function step(title: string): void {
  console.log(`\n${styled(["bold", "cyan"], title)}`);
}
