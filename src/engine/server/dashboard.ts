import { CleverLakeError } from "../../basics/errors";
import type { Division } from "../../clever/groupsTable";
import { parseCounting } from "../../config";
import type { DashboardAnswer, NoAnswer } from "../../dashboard/answer";
import { withCaveats } from "../../dashboard/caveats";
import { readDistrictFiles } from "../../dashboard/districtFiles";
import { dashboardFilterSchema, monthAndDay } from "../../dashboard/filter";
import { divisionOf } from "../../dashboard/groups/divisionTable";
import { IndexKeeper } from "../../dashboard/index/indexKeeper";
import type { ParticipationIndex } from "../../dashboard/index/participationIndex";
import { answer } from "../../dashboard/query/answer";
import { isLake } from "../../lake/requireLake";
import { caveatsOf } from "../../pipeline/plan/caveats";
import type { CountingParams, DashboardParams, DashboardProgress } from "../messages/messages";
import { errorOrigin } from "../messages/wireError";
import { checkedSettings, openLake } from "./connections";
import { Lane } from "./lane";

const millisecondsUntilRelease = 10 * 60_000;

/** The most recently used lake. */
interface OpenIndex {
  readonly name: string;
  readonly keeper: IndexKeeper;
}

/**
 * Answers the dashboard's questions. Between questions, the index of one lake stays in memory until it has been
 * unused for a few minutes. The secrets to open the lake do not.
 */
export class Dashboards implements AsyncDisposable {
  private kept: OpenIndex | undefined;
  private idle: NodeJS.Timeout | undefined;
  private asking = 0;
  /** Answers are computed one at a time; a cancelled question stops within a few milliseconds. */
  private readonly lane = new Lane();

  constructor(
    private readonly onProblem: (message: string) => void,
    private readonly idleMilliseconds = millisecondsUntilRelease,
  ) {}

  /** Rejects with `config` for an invalid filter or setting, and as `IndexKeeper.current` does. */
  async answer(
    params: DashboardParams,
    signal: AbortSignal,
    onProgress: (progress: DashboardProgress) => void,
  ): Promise<DashboardAnswer | NoAnswer> {
    const filter = checkedFilter(params);
    const { minimumGroupSize, keepWhole, schoolYearStart } = params;
    const { levels, licences } = await readDistrictFiles(params);
    const options = { minimumGroupSize, keepWhole, schoolYearStart, now: new Date(), levels, licences };
    const compute = (index: ParticipationIndex | undefined) => answer(index, filter, options, signal);
    const answered = await this.withIndex(params, signal, compute, onProgress);
    if ("empty" in answered) {
      const lake = await openLake(params);
      return (await isLake(lake, { signal })) ? answered : { ...answered, noLakeAt: lake.url };
    }
    if (params.isListed) return answered;
    const { userTypes } = checkedSettings(params.connection);
    const onDamage = (error: unknown) =>
      this.onProblem(
        `Files in quarantine or changes by other programs may not be listed: ${errorOrigin(error)}`,
      );
    const { waiting, changedByOthers } = await caveatsOf(await openLake(params), userTypes, signal, onDamage);
    return withCaveats(answered, waiting, changedByOthers && changedByOthers.size > 0);
  }

  /** The current division of people. Rejects as `answer` does. */
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
    parseCounting(params, "settings");
    clearTimeout(this.idle);
    this.asking++;
    try {
      const lake = await openLake(params);
      const { keeper } = await this.keeperOf(lake.url, params.cacheFolder);
      return await keeper.ask(lake, (index) => this.lane.run(signal, () => work(index)), signal, onProgress);
    } finally {
      this.asking--;
      if (this.asking === 0) this.releaseLater();
    }
  }

  /** The tables may have changed: the next question checks them at once. */
  recheck(): void {
    this.kept?.keeper.recheck();
  }

  /** Releases the lake; work in progress rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.idle);
    await this.release();
  }

  private async keeperOf(lakeUrl: string, cacheFolder: string): Promise<OpenIndex> {
    const name = JSON.stringify([lakeUrl, cacheFolder]);
    if (this.kept?.name === name) return this.kept;
    const before = this.release();
    const keeper = new IndexKeeper({
      cacheFolder,
      onProblem: (error) =>
        this.onProblem(`The dashboard's cache could not be written: ${errorOrigin(error)}`),
    });
    const kept = { name, keeper };
    this.kept = kept;
    await before;
    return kept;
  }

  private releaseLater(): void {
    this.idle = setTimeout(() => {
      this.release().catch((error: unknown) => this.onProblem(errorOrigin(error)));
    }, this.idleMilliseconds);
    this.idle.unref();
  }

  private async release(): Promise<void> {
    const { kept } = this;
    this.kept = undefined;
    await kept?.keeper[Symbol.asyncDispose]();
  }
}

function checkedFilter({ filter, schoolYearStart }: DashboardParams) {
  const parsed = dashboardFilterSchema.safeParse(filter);
  if (!parsed.success) {
    const parts = parsed.error.issues.map(({ path }) => path.join(".") || "filter");
    throw new CleverLakeError("config", `The dashboard's filter cannot be used (${parts.join(", ")}).`);
  }
  if (!monthAndDay.test(schoolYearStart)) {
    const message = "The school year's first day must be a month and a day, like 08-01.";
    throw new CleverLakeError("config", message, { subject: "clever.schoolYearStart" });
  }
  return parsed.data;
}
