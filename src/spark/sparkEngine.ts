import { stat } from "node:fs/promises";
import path from "node:path";
import { CleverLakeError } from "../basics/errors";
import { limitConcurrency } from "../basics/mapConcurrently";
import { dateInName } from "../clever/fileNames";
import { dateLimits } from "../clever/likelyDates";
import { pseudoColumns, type Report } from "../clever/reports";
import type { StagedDataFile } from "../delta/files/dataFile";
import { statisticsOfValues } from "../delta/files/statistics";
import { type ReadDelivery, spanOf } from "../pipeline/delivery";
import type { CleanReading, EngineTask, OpenReadEngine } from "../pipeline/read/readEngine";
import type { StagedRows, StagedSource } from "../pipeline/read/stageRows";
import { dayBit } from "../pipeline/write/cells";
import { pseudoFiles } from "../pipeline/write/tables";
import type { SparkJob, SparkResult } from "./documents";
import { runJob } from "./sparkJobs";
import type { BorrowedInputs, LaunchSpark, SparkSession } from "./sparkSession";

/**
 * Apache Spark as a reader of landed files, however it is started. One Spark session serves all jobs of a run; the
 * first job starts it.
 */
export class SparkEngine implements AsyncDisposable {
  private session: Promise<SparkSession> | undefined;
  /** Jobs are run one after the other. */
  private readonly turns = limitConcurrency(1);

  constructor(private readonly launch: LaunchSpark) {}

  /** Opens the engine for files of one report. All tasks have the same lake and salt. */
  readonly open: OpenReadEngine = (task) => ({
    readClean: async (deliveries) => {
      // Files that are accepted without their bad rows are left to the judge, and so are empty files.
      const plain = deliveries.filter(({ entry }) => entry.size > 0 && (entry.rowsRefused ?? 0) === 0);
      let clean: CleanReading = { read: [], staged: [] };
      if (plain.length === 0) return clean;
      this.session ??= this.launch(task);
      const session = await this.session;
      await session.withPlaces(task, plain, async (lent) => {
        clean = await read(task, lent, (job) => this.turns.execute(() => runJob(session, job, task)));
      });
      return clean;
    },
  });

  async [Symbol.asyncDispose](): Promise<void> {
    const session = await this.session?.catch(() => undefined);
    await session?.[Symbol.asyncDispose]();
  }
}

async function read(
  task: EngineTask,
  lent: BorrowedInputs,
  run: (job: SparkJob) => Promise<SparkResult>,
): Promise<CleanReading> {
  const { paths, ...places } = lent.places;
  const job: SparkJob = {
    ...places,
    files: lent.deliveries.map(({ entry }, number) => ({
      number,
      path: paths[number] ?? "",
      source: entry.source,
      userType: entry.userType,
      size: entry.size,
      dates: dateLimits({
        named: dateInName(entry.path),
        modified: entry.modified,
        landed: new Date(entry.version * 1000),
      }),
    })),
  };
  try {
    return await cleanReading(task.report, lent, await run(job));
  } finally {
    task.onState?.(null);
  }
}

/** Checks a job's result for consistency: the data files contain exactly each file's rows. */
async function cleanReading(
  report: Report,
  { deliveries, fetch }: BorrowedInputs,
  result: SparkResult,
): Promise<CleanReading> {
  const staged: StagedRows[] = [];
  const rowsOf = new Map<string, Map<string, number>>();
  const userTypes = new Map(deliveries.map(({ entry }) => [entry.source, entry.userType]));
  for (const { place: written, partition, rows, days, ...values } of result.dataFiles) {
    const localPath = await fetch(written);
    const columns = pseudoColumns(report).filter(({ name }) => !Object.hasOwn(partition, name));
    const file: StagedDataFile = {
      localPath,
      name: path.basename(localPath),
      partitionValues: { year: String(partition.year), month: String(partition.month) },
      size: (await stat(localPath)).size,
      statistics: statisticsOfValues({ rows, ...values }, columns, pseudoFiles.exactStatistics),
    };
    const sources = new Map<string, StagedSource>();
    for (const { source, day, rows: count } of days) {
      const userType = userTypes.get(source);
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
    const delivery = deliveries[number];
    const source = delivery?.entry.source ?? "";
    const days = [...(rowsOf.get(source) ?? [])].map(([day, count]) => ({ day, rows: count }));
    const written = days.reduce((sum, day) => sum + day.rows, 0);
    if (delivery === undefined || written !== rows) throw contradiction(source);
    rowsOf.delete(source);
    return { ...delivery, rows, refused: 0, notes: [], placeholders: 0, days: spanOf(days) };
  });
  const [other] = rowsOf.keys();
  if (other !== undefined) throw contradiction(other);
  return { read, staged, people: result.people === null ? undefined : await fetch(result.people) };
}

function contradiction(subject: string): CleverLakeError {
  return new CleverLakeError(
    "corrupt",
    "The rows that Spark wrote do not match its counts; nothing was committed.",
    { subject, hint: 'This should not happen; please report it. Until then, use "engine": "embedded".' },
  );
}
