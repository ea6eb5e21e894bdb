import { type DuckSession, sqlFile } from "../../duck/duck";
import { decodeColumns, encodeColumns } from "./columnsFile";
import { type Dictionary, type DictionaryTables, emptyDictionary } from "./dictionary";
import type { LakeCache } from "./lakeCache";
import type { Manifest, StoredFile } from "./manifest";
import type { BuiltMonth } from "./monthBuild";
import type { MonthIds } from "./monthIds";
import { OnDemand } from "./onDemand";
import type { MonthSegment, MonthUse } from "./participationIndex";
import type { PeopleOfTables } from "./peopleTables";

/** A month of the index; `files` is undefined if it could not be stored. */
export interface KeptMonth {
  readonly key: string;
  readonly segment: MonthSegment;
  readonly files: Pick<Manifest["months"][number], "file" | "useFile"> | undefined;
}

/** What the index consists of: segments, their dictionary, and where both are stored. */
export class IndexState {
  dictionary: Dictionary = emptyDictionary;
  readonly months = new Map<string, KeptMonth>();
  /** The state of the tables whose rows are all in the index; undefined while some are missing. */
  private seen: Manifest["seen"];
  /** Undefined if the current dictionary is not stored. */
  private stored: { readonly people: StoredFile; readonly members: StoredFile } | undefined;

  /**
   * An empty state.
   *
   * @param people the state of people it is made with; see `preparePeople`
   */
  constructor(
    private readonly cache: LakeCache,
    readonly people: PeopleOfTables,
  ) {}

  /** An empty state that replaces this one. */
  emptied(): IndexState {
    return new IndexState(this.cache, this.people);
  }

  /**
   * Whether it has cohorts or resources that no longer have rows, as after a corrected name. Their numbers cannot be
   * revoked, and their names must not be shown. People and members without rows do no harm.
   */
  hasUnused(): boolean {
    const { cohorts, resources } = this.dictionary;
    const cohortUsed = new Uint8Array(cohorts.length);
    const resourceUsed = new Uint8Array(resources.length);
    for (const { segment } of this.months.values()) {
      for (const cohort of segment.attendanceCells.cohort) cohortUsed[cohort] = 1;
      for (const cohort of segment.usageRuns.cohort) cohortUsed[cohort] = 1;
      for (const resource of segment.usageRuns.resource) resourceUsed[resource] = 1;
    }
    return cohortUsed.includes(0) || resourceUsed.includes(0);
  }

  /**
   * Whether a person's grade now differs from the dictionary, for example because a new row brings another id. True
   * also if the dictionary is not stored, because then nothing can be added to it. The session has the table
   * `grades`.
   */
  async hasChangedGrades(session: DuckSession): Promise<boolean> {
    if (!this.people.hasGrades || this.dictionary.people === 0) return false;
    const people = await this.peopleFile();
    if (people === undefined) return true;
    const { some } = await session.one(
      `SELECT EXISTS (FROM read_parquet(${sqlFile(people)}) known JOIN grades USING (pseudonym)
         WHERE known.grade IS DISTINCT FROM grades.grade) AS some`,
    );
    return some === true;
  }

  /** The wanted months that the cache has with the same key; undefined if its dictionary is lost. */
  static async load(
    cache: LakeCache,
    manifest: Manifest,
    wanted: ReadonlyMap<string, Pick<KeptMonth, "key">>,
    signal: AbortSignal,
  ): Promise<IndexState | undefined> {
    const { people, cohorts, resources, peopleFile, membersFile } = manifest.dictionary;
    const requested = manifest.months.filter(({ month, key }) => wanted.get(month)?.key === key);
    const state = new IndexState(cache, manifest.peopleOfTables);
    const segments = await Promise.all(requested.map(({ file }) => cache.read(file)));
    signal.throwIfAborted();
    for (const [index, { month, key, ...files }] of requested.entries()) {
      const bytes = segments[index];
      if (!bytes) continue;
      const use = new OnDemand(async () => {
        const found = await cache.read(files.useFile);
        return found && decodeColumns<MonthUse>(found);
      });
      const segment = { month, ...decodeColumns<BuiltMonth["columns"]>(bytes), use };
      state.months.set(month, { key, segment, files });
    }
    const bytes = await cache.read(membersFile);
    if (bytes === undefined) return undefined;
    state.dictionary = { people, cohorts, resources, ...decodeColumns<Pick<Dictionary, "members">>(bytes) };
    state.stored = { people: peopleFile, members: membersFile };
    return state;
  }

  /**
   * The stored file of people if it is intact; undefined otherwise, and then nothing can be added to the dictionary.
   */
  async peopleFile(): Promise<string | undefined> {
    const { stored, cache } = this;
    if (stored === undefined || (await cache.read(stored.people)) === undefined) return undefined;
    return cache.pathOf(stored.people.name);
  }

  /** Keeps a built month, in memory whether it can be stored or not, and the current dictionary. */
  setMonth(month: string, key: string, { columns, use, dictionary }: BuiltMonth): void {
    this.removeMonth(month);
    const segment = { month, ...columns, use: OnDemand.of(use) };
    this.months.set(month, { key, segment, files: undefined });
    if (isLonger(dictionary, this.dictionary)) this.stored = undefined;
    this.dictionary = dictionary;
  }

  removeMonth(month: string): void {
    this.months.delete(month);
    this.seen = undefined;
  }

  /** Removes the months of which a question found a part lost; returns whether there are any. */
  removeLost(): boolean {
    const lost = [...this.months.values()].filter(({ segment }) => segment.use.isLost);
    for (const { segment } of lost) this.removeMonth(segment.month);
    return lost.length > 0;
  }

  /** Records that the index has all rows of the tables in this state. */
  complete(seen: Manifest["seen"]): void {
    this.seen = seen;
  }

  /**
   * Stores what is not stored yet, together with `ids` and `fileMonths`. `tables` are those of the current dictionary,
   * if it was extended.
   */
  async save(
    tables: DictionaryTables | undefined,
    ids: MonthIds,
    fileMonths: ReadonlyMap<string, readonly string[]>,
  ): Promise<void> {
    const { cache, dictionary } = this;
    await cache.ensure();
    for (const [month, { key, segment, files }] of this.months) {
      if (files) continue;
      const { month: _, use, ...columns } = segment;
      const file = await cache.write("segment", encodeColumns(columns));
      const useFile = await cache.write("use", encodeColumns({ ...use.value }));
      this.months.set(month, { key, segment, files: { file, useFile } });
    }
    if (this.stored === undefined && tables) {
      const { members } = dictionary;
      this.stored = {
        people: await cache.add("parquet", (place) => tables.save(place)),
        members: await cache.write("members", encodeColumns({ members })),
      };
    }
    if (this.stored === undefined) return;
    const manifest: Manifest = {
      ...(this.seen && { seen: this.seen }),
      peopleOfTables: this.people,
      dictionary: {
        people: dictionary.people,
        cohorts: [...dictionary.cohorts],
        resources: [...dictionary.resources],
        peopleFile: this.stored.people,
        membersFile: this.stored.members,
      },
      months: [...this.months].flatMap(([month, { key, files }]) =>
        files ? [{ month, key, ...files }] : [],
      ),
      ids: ids.manifest,
      fileMonths: Object.fromEntries([...fileMonths].map(([file, months]) => [file, [...months]])),
    };
    await cache.writeManifest(manifest);
    await cache.clean(manifest);
  }
}

/** Dictionaries only grow at the end. */
function isLonger(now: Dictionary, before: Dictionary): boolean {
  return (
    now.people > before.people ||
    now.cohorts.length > before.cohorts.length ||
    now.resources.length > before.resources.length ||
    now.members.person.length > before.members.person.length
  );
}
