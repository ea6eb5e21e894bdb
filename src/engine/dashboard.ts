import type { Division } from "../clever/groupsTable";
import type { DashboardAnswer, NoAnswer } from "../dashboard/answer";
import { readDistrictFiles } from "../dashboard/districtFiles";
import { divisionOf } from "../dashboard/divisionTable";
import { dashboardFilterSchema, monthAndDay } from "../dashboard/filter";
import { IndexKeeper } from "../dashboard/index/indexKeeper";
import type { ParticipationIndex } from "../dashboard/index/participationIndex";
import { metricsDocument, type ParticipationMetrics, participationMetrics } from "../dashboard/metrics";
import { keptWhole } from "../dashboard/opening";
import { answer } from "../dashboard/query/answer";
import { CleverLakeError } from "../errors";
import { openLake } from "./connections";
import type { CallContext } from "./handlers";
import { Lane } from "./lane";
import type { CountingParams, DashboardParams, DashboardProgress, MetricsParams } from "./messages";
import { Throttle } from "./throttle";
import { faultReport } from "./wireError";

const millisecondsBetweenProgress = 100;
const millisecondsUntilRelease = 10 * 60_000;
/** A newer question comes right behind the one that it takes the place of. */
const graceMilliseconds = 5_000;

/** The lake that was asked about last. */
interface Kept {
  readonly name: string;
  readonly keeper: IndexKeeper;
}

/**
 * Answers the dashboard's questions. Between them the index of one lake stays in memory, until nobody has asked for some
 * minutes; what it was opened with does not.
 */
export class Dashboards implements AsyncDisposable {
  private kept: Kept | undefined;
  private idle: NodeJS.Timeout | undefined;
  private asking = 0;
  /** One answer is computed at a time; a question that was called off makes way within some milliseconds. */
  private readonly lane = new Lane();

  constructor(
    private readonly onProblem: (message: string) => void,
    private readonly idleMilliseconds = millisecondsUntilRelease,
  ) {}

  /** Rejects with `config` for a filter or a setting that cannot be used, and as `IndexKeeper.current` does. */
  async answer(
    params: DashboardParams,
    { signal, report }: CallContext<DashboardProgress>,
  ): Promise<DashboardAnswer | NoAnswer> {
    const filter = checkedFilter(params);
    using progress = new Throttle(millisecondsBetweenProgress, report);
    const { minimumGroupSize, keepWhole, schoolYearStart } = params;
    const { levels, licences } = await readDistrictFiles(params);
    const options = { minimumGroupSize, keepWhole, schoolYearStart, now: new Date(), levels, licences };
    // Awaited here: what was not passed on yet is, once the answer is there.
    return await this.withIndex(
      params,
      signal,
      async (index) => (index === undefined ? { empty: true } : answer(index, filter, options, signal)),
      (state) => progress.push(state),
    );
  }

  /** Rejects likewise. */
  async metrics(params: MetricsParams, signal: AbortSignal): Promise<ParticipationMetrics> {
    return this.withIndex(params, signal, async (index) =>
      metricsDocument(await participationMetrics(index, params.filter, params, signal)),
    );
  }

  /** How the people of the tables, as they are now, are divided. Rejects likewise. */
  async division(params: CountingParams, signal: AbortSignal): Promise<Division> {
    this.recheck();
    return this.withIndex(params, signal, (index) => Promise.resolve(divisionOf(index, params)));
  }

  private async withIndex<T>(
    params: CountingParams,
    signal: AbortSignal,
    work: (index: ParticipationIndex | undefined) => Promise<T>,
    onProgress?: (progress: DashboardProgress) => void,
  ): Promise<T> {
    checkCounting(params);
    clearTimeout(this.idle);
    this.asking++;
    try {
      const lake = await openLake(params.connection, params.secrets);
      const { keeper } = await this.keeperOf(lake.url, params.cacheFolder);
      const index = await keeper.current(lake, signal, onProgress);
      return await this.lane.run(signal, () => work(index));
    } finally {
      this.asking--;
      if (this.asking === 0) this.releaseLater();
    }
  }

  /** The tables may be others by now: the next question looks at them at once. */
  recheck(): void {
    this.kept?.keeper.recheck();
  }

  /** Lets go of the lake; what is under way rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.idle);
    await this.release();
  }

  private async keeperOf(lakeUrl: string, cacheFolder: string): Promise<Kept> {
    const name = JSON.stringify([lakeUrl, cacheFolder]);
    if (this.kept?.name === name) return this.kept;
    const before = this.release();
    const keeper = new IndexKeeper({
      cacheFolder,
      graceMilliseconds,
      onProblem: (error) =>
        this.onProblem(`The dashboard's cache could not be written: ${faultReport(error)}`),
    });
    const kept = { name, keeper };
    this.kept = kept;
    await before;
    return kept;
  }

  private releaseLater(): void {
    this.idle = setTimeout(() => {
      this.release().catch((error: unknown) => this.onProblem(faultReport(error)));
    }, this.idleMilliseconds);
    this.idle.unref();
  }

  private async release(): Promise<void> {
    const { kept } = this;
    this.kept = undefined;
    await kept?.keeper[Symbol.asyncDispose]();
  }
}

function checkCounting({ minimumGroupSize, keepWhole }: CountingParams): void {
  if (!Number.isSafeInteger(minimumGroupSize) || minimumGroupSize < 0) {
    throw new CleverLakeError("config", "The minimum group size must be a whole number, 0 or more.", {
      subject: "minimumGroupSize",
    });
  }
  if (!keptWhole.includes(keepWhole)) {
    throw new CleverLakeError("config", `Either ${keptWhole.join(" or ")} stay whole.`, {
      subject: "keepWhole",
    });
  }
}

function checkedFilter({ filter, schoolYearStart }: DashboardParams) {
  const parsed = dashboardFilterSchema.safeParse(filter);
  if (!parsed.success) {
    const parts = parsed.error.issues.map(({ path }) => path.join(".") || "filter");
    throw new CleverLakeError("config", `The dashboard's filter cannot be used (${parts.join(", ")}).`);
  }
  if (!monthAndDay.test(schoolYearStart)) {
    throw new CleverLakeError("config", "The school year's first day must be like 08-01.", {
      subject: "schoolYearStart",
    });
  }
  return parsed.data;
}
