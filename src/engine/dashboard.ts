import type { DashboardAnswer, NoAnswer } from "../dashboard/answer";
import { dashboardFilterSchema, monthAndDay } from "../dashboard/filter";
import { IndexKeeper } from "../dashboard/index/indexKeeper";
import { answer } from "../dashboard/query/answer";
import { preparation } from "../dashboard/release/prepared";
import { CleverLakeError } from "../errors";
import { openLake } from "./connections";
import type { CallContext } from "./handlers";
import { Lane } from "./lane";
import type { DashboardParams, DashboardProgress } from "./messages";
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
 * Answers the dashboard's questions. Between them what was prepared of one lake stays in memory, until nobody has asked
 * for some minutes; what it was opened with does not.
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

  /** Rejects with `config` for a filter or a setting that cannot be used, and as `IndexKeeper.derived` does. */
  async answer(
    params: DashboardParams,
    { signal, report }: CallContext<DashboardProgress>,
  ): Promise<DashboardAnswer | NoAnswer> {
    const { minimumGroupSize, schoolYearStart } = params;
    const filter = checkedFilter(params);
    clearTimeout(this.idle);
    this.asking++;
    try {
      const lake = await openLake(params.connection, params.secrets);
      const kept = await this.keeperOf(lake.url, params.cacheFolder);
      using progress = new Throttle(millisecondsBetweenProgress, report);
      const prepared = await kept.keeper.derived(lake, preparation(minimumGroupSize), signal, (state) =>
        progress.push(state),
      );
      if (prepared === undefined) return { empty: true };
      const options = { minimumGroupSize, schoolYearStart, now: new Date() };
      return await this.lane.run(signal, () => answer(prepared, prepared.value, filter, options, signal));
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

function checkedFilter({ filter, minimumGroupSize, schoolYearStart }: DashboardParams) {
  const parsed = dashboardFilterSchema.safeParse(filter);
  if (!parsed.success) {
    const parts = parsed.error.issues.map(({ path }) => path.join(".") || "filter");
    throw new CleverLakeError("config", `The dashboard's filter cannot be used (${parts.join(", ")}).`);
  }
  if (!Number.isSafeInteger(minimumGroupSize) || minimumGroupSize < 0) {
    throw new CleverLakeError("config", "The minimum group size must be a whole number, 0 or more.", {
      subject: "minimumGroupSize",
    });
  }
  if (!monthAndDay.test(schoolYearStart)) {
    throw new CleverLakeError("config", "The school year's first day must be like 08-01.", {
      subject: "schoolYearStart",
    });
  }
  return parsed.data;
}
