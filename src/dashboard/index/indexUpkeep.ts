import { isDamage } from "../../basics/errors";
import { numRecords } from "../../delta/files/statistics";
import { diagnoseError } from "../../delta/files/storedFiles";
import type { Lake } from "../../lake/lake";
import { BuildEngine } from "./buildEngine";
import { DictionaryTables } from "./dictionary";
import { IndexState, type KeptMonth } from "./indexState";
import { LakeCache } from "./lakeCache";
import type { Manifest } from "./manifest";
import { buildMonth } from "./monthBuild";
import { type FilesByMonth, monthFiles } from "./monthFiles";
import { MonthIds } from "./monthIds";
import type { ParticipationIndex } from "./participationIndex";
import { preparePeople } from "./peopleTables";
import { currentSchoolsIn, underCurrentNames } from "./schoolNames";
import { TableRows } from "./tableRows";
import { type NewestCommits, type Snapshots, WatchedTables } from "./watchedTables";

/** Progress of the index: months of the tables that are ready, of all. */
export interface IndexProgress {
  readonly ready: number;
  readonly months: number;
}

type RequestedMonths = FilesByMonth["months"];

/** The state of one call of `refresh`. */
interface Refresh {
  readonly snapshots: Snapshots;
  readonly engine: BuildEngine;
  readonly rows: TableRows;
  readonly signal: AbortSignal;
  readonly report: (progress: IndexProgress) => void;
}

/** The index, and the newest commits of its tables. */
interface Latest {
  readonly commits: NewestCommits;
  readonly index: ParticipationIndex | undefined;
}

/** Updates the index of one lake; one call at a time. */
export class IndexUpkeep {
  private readonly watched = new WatchedTables();
  /** Left by an earlier process; read once. */
  private manifest: Manifest | undefined;
  private state: IndexState | undefined;
  private latest: Latest | undefined;
  private readonly ids: MonthIds;
  /** Months of files whose statistics do not give them, by the files' paths in the lake. */
  private fileMonths: ReadonlyMap<string, readonly string[]>;

  private constructor(
    private readonly cache: LakeCache,
    manifest: Manifest | undefined,
    private readonly onProblem: (error: unknown) => void,
  ) {
    this.manifest = manifest;
    this.ids = new MonthIds(cache, manifest?.ids ?? [], onProblem);
    this.fileMonths = new Map(Object.entries(manifest?.fileMonths ?? {}));
  }

  /** Opens the lake's part of the cache; rejects with `io` if it cannot be created. */
  static async open(
    lakeUrl: string,
    cacheFolder: string,
    onProblem: (error: unknown) => void,
  ): Promise<IndexUpkeep> {
    const cache = await LakeCache.open(cacheFolder, lakeUrl);
    return new IndexUpkeep(cache, await cache.readManifest(), onProblem);
  }

  /** The index of the current tables; undefined if they are empty. */
  async refresh(
    lake: Lake,
    signal: AbortSignal,
    report: (progress: IndexProgress) => void,
  ): Promise<ParticipationIndex | undefined> {
    if (this.state?.removeLost()) this.latest = undefined;
    this.latest = await this.unchanged(lake, signal, report);
    if (this.latest) return this.latest.index;
    await using engine = new BuildEngine(this.cache.newPath(), signal);
    const rows = new TableRows(lake, this.cache.copiesFolder, engine);
    for (let isLast = false; ; isLast = true) {
      const snapshots = await this.watched.newest(lake, () => engine.duck(), { signal });
      try {
        return await this.bringUpToDate({ snapshots, engine, rows, signal, report });
      } catch (error) {
        // In the meantime, another program may have vacuumed a file of the tables, or removed one of the cache.
        if (!isDamage(error)) throw error;
        const tables = Object.values(snapshots).map((snapshot) => ({ snapshot }));
        if (isLast) throw await diagnoseError({ lake, signal }, tables, error);
      }
    }
  }

  /** The index in memory or in the cache, if the tables have not changed since; does not read their logs. */
  private async unchanged(
    lake: Lake,
    signal: AbortSignal,
    report: (progress: IndexProgress) => void,
  ): Promise<Latest | undefined> {
    const { latest, manifest, cache, watched } = this;
    if (latest) return (await watched.areNewest(lake, latest.commits, { signal })) ? latest : undefined;
    if (this.state || !manifest?.seen) return undefined;
    if (!(await watched.areNewest(lake, manifest.seen.tables, { signal }))) return undefined;
    const months = new Map(manifest.months.map((month) => [month.month, month]));
    const state = await IndexState.load(cache, manifest, months, signal);
    if (!state || !isReady(state, months)) return undefined;
    this.state = state;
    report({ ready: months.size, months: months.size });
    return { commits: manifest.seen.tables, index: indexOf(state, [...months.keys()].sort(), manifest.seen) };
  }

  private async bringUpToDate(refresh: Refresh): Promise<ParticipationIndex | undefined> {
    const { snapshots, report, signal } = refresh;
    const files = await this.filesByMonth(refresh);
    const { months: requested } = files;
    const ids = await this.idsByMonth(refresh, requested);
    this.state = await this.stateFor(refresh, files, ids);
    const gone = [...this.state.months.keys()].filter((month) => !requested.has(month));
    for (const month of gone) this.state.removeMonth(month);
    if (!isReady(this.state, requested)) await this.build(refresh, this.state, requested, ids);
    if (this.state.hasUnused()) await this.build(refresh, this.state.emptied(), requested, ids);
    const seen = { tables: this.watched.commits, rows: rowsOf(snapshots) };
    this.state.complete(seen);
    await this.save(this.state, undefined, signal);
    report({ ready: requested.size, months: requested.size });
    const index = indexOf(this.state, [...requested.keys()], seen);
    this.latest = { commits: seen.tables, index };
    return index;
  }

  private async filesByMonth({ snapshots, rows, signal }: Refresh): Promise<FilesByMonth> {
    const known = new Map<string, readonly string[]>();
    const files = await monthFiles(snapshots, async (snapshot, file, lakePath) => {
      const months = this.fileMonths.get(lakePath) ?? (await rows.monthsOf(snapshot, file, signal));
      known.set(lakePath, months);
      return months;
    });
    this.fileMonths = known;
    return files;
  }

  /** The ids of each month, as `MonthIds` returns them. */
  private async idsByMonth(
    { snapshots, engine, rows, signal }: Refresh,
    requested: RequestedMonths,
  ): Promise<ReadonlyMap<string, string>> {
    const session = await engine.session();
    const found = new Map<string, string>();
    for (const [month, { key, ...files }] of requested) {
      const readRows = () => rows.ofMonth(snapshots, files, signal);
      found.set(month, await this.ids.ofMonth(session, month, key, readRows, signal));
    }
    this.ids.keep(requested);
    return found;
  }

  /**
   * The state to build on: the one in memory, else the cached one; an empty one if neither matches the current
   * people.
   */
  private async stateFor(
    { snapshots, engine, rows, signal }: Refresh,
    { months: requested, undated }: FilesByMonth,
    ids: ReadonlyMap<string, string>,
  ): Promise<IndexState> {
    const { cache, manifest, state } = this;
    const session = await engine.session();
    const roster = await rows.ofRoster(snapshots.roster, signal);
    const ofUndated = Object.values(await rows.ofMonth(snapshots, undated, signal));
    const schools = await currentSchoolsIn(session, [...ids.values()]);
    const people = await preparePeople(session, [...ids.values(), ...ofUndated], roster, schools);
    const isOfPeople = async (found: IndexState) =>
      found.people.key === people.key && !(await found.hasChangedGrades(session));
    if (state && (await isOfPeople(state))) return state;
    this.manifest = undefined;
    if (!state && manifest?.peopleOfTables.key === people.key) {
      const loaded = await IndexState.load(cache, manifest, requested, signal);
      if (loaded && (await isOfPeople(loaded))) return loaded;
    }
    return new IndexState(cache, people);
  }

  /** Builds the missing months; all of them if the dictionary is lost. */
  private async build(
    refresh: Refresh,
    before: IndexState,
    requested: RequestedMonths,
    ids: ReadonlyMap<string, string>,
  ): Promise<void> {
    const { snapshots, engine, rows, signal, report } = refresh;
    const session = await engine.session();
    const people = await before.peopleFile();
    const state = people ? before : before.emptied();
    // Whatever happens next, the previous state is dropped here, and its memory with it.
    this.state = state;
    const tables = await DictionaryTables.open(session, state.dictionary, people);
    const missing = [...requested].filter(([month, { key }]) => state.months.get(month)?.key !== key);
    for (const [month] of missing) state.removeMonth(month);
    const current = (select: string) => underCurrentNames(select, state.people);
    const seats = await tables.seat(missing.map(([month]) => current(ids.get(month) as string)));
    for (const [month, { key, ...monthFiles }] of missing) {
      report({ ready: state.months.size, months: requested.size });
      const { dailyParticipation, resourceUsage } = await rows.ofMonth(snapshots, monthFiles, signal);
      const selects = {
        dailyParticipation: current(dailyParticipation),
        resourceUsage: current(resourceUsage),
      };
      const build = { tables, seats, month, rows: selects, ids: ids.get(month) as string };
      state.setMonth(month, key, await buildMonth(session, build));
      await this.save(state, tables, signal);
    }
    // The cache contains the old names until it is rewritten.
    if (requested.size === 0) await this.save(state, tables, signal);
    await rows.copies.trim();
  }

  /** A failure only costs time later; the answer is not affected. */
  private async save(
    state: IndexState,
    tables: DictionaryTables | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await state.save(tables, this.ids, this.fileMonths);
    } catch (error) {
      signal.throwIfAborted();
      this.onProblem(error);
    }
  }
}

const isReady = (state: IndexState, requested: ReadonlyMap<string, Pick<KeptMonth, "key">>) =>
  [...requested].every(([month, { key }]) => state.months.get(month)?.key === key);

function indexOf(
  { dictionary, months, people }: IndexState,
  requested: readonly string[],
  { tables: { dailyParticipation, resourceUsage }, rows }: NonNullable<Manifest["seen"]>,
): ParticipationIndex | undefined {
  const segments = requested
    .flatMap((month) => months.get(month)?.segment ?? [])
    .filter(({ attendanceCells, usageRuns }) => attendanceCells.day.length > 0 || usageRuns.days.length > 0);
  if (segments.length === 0) return undefined;
  return {
    ...dictionary,
    months: segments,
    versions: {
      dailyParticipation: dailyParticipation?.version ?? null,
      resourceUsage: resourceUsage?.version ?? null,
    },
    rows,
    hasGrades: people.hasGrades,
    renamedSchools: people.renamedSchools,
  };
}

function rowsOf({ dailyParticipation, resourceUsage }: Snapshots): number {
  const tables = [dailyParticipation, resourceUsage];
  return tables.reduce((sum, table) => sum + (numRecords(table?.files.values() ?? []) ?? 0), 0);
}
