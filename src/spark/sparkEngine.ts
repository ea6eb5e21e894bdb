import { randomUUID } from "node:crypto";
import { realpathSync } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { dateInName } from "../clever/fileNames";
import { dateLimits } from "../clever/likelyDates";
import { pseudoColumns, type Report } from "../clever/reports";
import { specificationOf } from "../clever/specification";
import type { StagedDataFile } from "../delta/dataFile";
import { statisticsOfValues } from "../delta/statistics";
import { CleverLakeError } from "../errors";
import { type ReadDelivery, spanOf } from "../pipeline/delivery";
import { type LocalDelivery, withLandedFiles } from "../pipeline/read/landedFiles";
import type { CleanReading, EngineTask, OpenReadEngine } from "../pipeline/read/readEngine";
import type { StagedRows, StagedSource } from "../pipeline/read/stageRows";
import { dayBit } from "../pipeline/write/cells";
import { pseudoFiles } from "../pipeline/write/tables";
import type { SparkJob, SparkResult } from "./documents";
import { type SparkOptions, SparkProcess } from "./sparkProcess";

/**
 * Apache Spark as a reader of landed files, behind `spark-submit`. One Spark serves all jobs of a run; it starts with the
 * first one. Files, tables' scratch folder and Spark's workers must see the same disk.
 */
export class SparkEngine implements AsyncDisposable {
  private started: Promise<SparkProcess> | undefined;

  constructor(private readonly options: SparkOptions) {}

  /** Opens it for files of one report. All tasks have the same salt. */
  readonly open: OpenReadEngine = (task) => ({
    readClean: async (deliveries) => {
      // With bad rows left out they are for the judge, and so are files without a byte.
      const plain = deliveries.filter(({ entry }) => entry.size > 0 && (entry.rowsRefused ?? 0) === 0);
      let clean: CleanReading = { read: [], staged: [] };
      await withLandedFiles(task.lake, plain, task.signal, async (files) => {
        if (files.length > 0) clean = await this.read(task, files);
      });
      return clean;
    },
  });

  async [Symbol.asyncDispose](): Promise<void> {
    const started = await this.started?.catch(() => undefined);
    await started?.[Symbol.asyncDispose]();
  }

  private async read(task: EngineTask, files: readonly LocalDelivery[]): Promise<CleanReading> {
    this.started ??= SparkProcess.start(this.options, task.salt);
    const [spark, knownIds] = await Promise.all([this.started, task.knownIds()]);
    const job: SparkJob = {
      specification: specificationOf(task.report),
      files: files.map(({ delivery: { entry }, place }, number) => ({
        number,
        path: place,
        source: entry.source,
        userType: entry.userType,
        size: entry.size,
        dates: dateLimits({
          named: dateInName(entry.path),
          modified: entry.modified,
          landed: new Date(entry.version * 1000),
        }),
      })),
      knownIds,
      output: path.join(task.scratch, randomUUID()),
    };
    try {
      const result = await spark.run(job, task.signal, (state) => task.onState?.(state));
      return await cleanReading(task.report, files, result);
    } finally {
      task.onState?.(null);
    }
  }
}

/** What a job's result says, held against itself: each file's rows are in the data files, and nothing else. */
async function cleanReading(
  report: Report,
  files: readonly LocalDelivery[],
  result: SparkResult,
): Promise<CleanReading> {
  const staged: StagedRows[] = [];
  const rowsOf = new Map<string, Map<string, number>>();
  const deliveries = new Map(files.map(({ delivery }) => [delivery.entry.source, delivery]));
  for (const { place, partition, rows, days, ...values } of result.dataFiles) {
    const columns = pseudoColumns(report).filter(({ name }) => !Object.hasOwn(partition, name));
    const file: StagedDataFile = {
      place,
      name: path.basename(place),
      partitionValues: { year: String(partition.year), month: String(partition.month) },
      size: (await stat(place)).size,
      statistics: statisticsOfValues({ rows, ...values }, columns, pseudoFiles.exactStatistics),
    };
    const sources = new Map<string, StagedSource>();
    for (const { source, day, rows: count } of days) {
      const userType = deliveries.get(source)?.entry.userType;
      if (userType === undefined) throw contradiction(source);
      const before = sources.get(source);
      sources.set(source, {
        userType,
        rows: (before?.rows ?? 0) + count,
        days: (before?.days ?? 0) | dayBit(Number(day.slice(8))),
      });
      const own = rowsOf.get(source) ?? new Map<string, number>();
      rowsOf.set(source, own.set(day, (own.get(day) ?? 0) + count));
    }
    staged.push({ file, ...partition, sources });
  }
  const read = result.files.map(({ number, rows }): ReadDelivery => {
    const delivery = files[number]?.delivery;
    const source = delivery?.entry.source ?? "";
    const days = [...(rowsOf.get(source) ?? [])].map(([day, count]) => ({ day, rows: count }));
    const written = days.reduce((sum, day) => sum + day.rows, 0);
    if (delivery === undefined || written !== rows) throw contradiction(source);
    rowsOf.delete(source);
    return { ...delivery, rows, refused: 0, notes: [], wordsForNothing: 0, days: spanOf(days) };
  });
  const [other] = rowsOf.keys();
  if (other !== undefined) throw contradiction(other);
  return { read, staged, people: result.people ?? undefined };
}

function contradiction(subject: string): CleverLakeError {
  return new CleverLakeError(
    "corrupt",
    "Spark wrote other rows than it counted in the file; nothing was committed.",
    { subject, hint: 'Please report this: it must not happen. Meanwhile use "engine": "embedded".' },
  );
}

/** Where the scripts are: beside the folder of the program that runs. */
export function scriptsOfProgram(): string {
  return path.join(path.dirname(realpathSync(process.argv[1] ?? "")), "..", "spark");
}
