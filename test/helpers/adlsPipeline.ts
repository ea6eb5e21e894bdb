import { lookupTable, pseudoTable, refusedRowsPath } from "../../src/clever/layout";
import { reports, userTypes } from "../../src/clever/reports";
import type { Lake } from "../../src/lake/lake";
import { IngestLog } from "../../src/pipeline/log/logTable";
import type { RunSummary } from "../../src/pipeline/log/runRecord";
import { run } from "../../src/pipeline/run";
import type { RunRequest } from "../../src/pipeline/runRequest";
import type { ReportSource } from "../../src/sftp/source";
import { lakeRows, sharedDuck } from "./lakeRows";
import { salt } from "./pipelineFixture";
import { wholeFile } from "./wholeFile";

/** Runs the pipeline from a source into any kind of lake. */
export function runInto(
  lake: Lake,
  source: ReportSource,
  request: Partial<RunRequest> = {},
): Promise<RunSummary> {
  return run({ command: "run", lake, source, salt, userTypes, ...request });
}

/** The state that must be the same regardless of interruptions of a run. */
export async function stateOf(lake: Lake) {
  const log = [...(await new IngestLog(lake, await sharedDuck()).sources()).last.values()];
  const refused: string[] = [];
  for (const { landedPath, source } of log) {
    const place = refusedRowsPath(landedPath);
    if (await lake.stat(place)) refused.push(`${source} ${await wholeFile(lake, place)}`);
  }
  return {
    daily: await lakeRows(lake, pseudoTable(reports.daily_participation)),
    usage: await lakeRows(lake, pseudoTable(reports.resource_usage)),
    dailyLookup: await lakeRows(lake, lookupTable(reports.daily_participation)),
    usageLookup: await lakeRows(lake, lookupTable(reports.resource_usage)),
    refused: refused.sort(),
    log: log
      .map(({ path: file, outcome, sha256, rowsWritten }) => ({ file, outcome, sha256, rowsWritten }))
      .sort((a, b) => (a.file < b.file ? -1 : 1)),
  };
}
