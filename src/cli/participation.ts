import { homedir } from "node:os";
import path from "node:path";
import { describeError } from "../basics/errors";
import { removeLocal } from "../basics/filesInUse";
import { machineScratch } from "../basics/scratch";
import type { Division } from "../clever/groupsTable";
import type { ConfigFile } from "../config";
import { divisionOf } from "../dashboard/groups/divisionTable";
import { IndexKeeper } from "../dashboard/index/indexKeeper";
import type { ParticipationIndex } from "../dashboard/index/participationIndex";
import type { KeepWhole } from "../dashboard/opening";
import type { Lake } from "../lake/lake";
import { type Caveats, caveatsOf, rowsChangedByOthers } from "../pipeline/plan/caveats";
import { warn } from "./text";

/** Options of every command that counts people. */
export interface CountingOptions {
  readonly minimumGroupSize?: number;
  readonly keepWhole?: KeepWhole;
  /** A folder for the cache; `false` for a temporary one. The platform's default if omitted. */
  readonly cache?: string | false;
}

/** How people are counted: from the options, else from the configuration. */
export function countingOf(config: ConfigFile, options: CountingOptions) {
  return {
    minimumGroupSize: options.minimumGroupSize ?? config.minimumGroupSize,
    keepWhole: options.keepWhole ?? config.keepWhole,
  };
}

/** Queries the index of a lake; undefined if its tables are empty. A failing cache costs only time. */
export async function withIndex<T>(
  lake: Lake,
  { cache = cacheFolderOf(process.env) }: Pick<CountingOptions, "cache">,
  ask: (index: ParticipationIndex | undefined) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const cacheFolder = cache === false ? await machineScratch() : cache;
  // A question that fails has a reason of its own; the first problem is enough.
  const problems: unknown[] = [];
  try {
    await using keeper = new IndexKeeper({ cacheFolder, onProblem: (problem) => problems.push(problem) });
    const answered = await keeper.ask(lake, ask, signal);
    if (problems.length > 0) warnOfCache(problems[0]);
    return answered;
  } finally {
    if (cache === false) await removeLocal(cacheFolder);
  }
}

/** What readers of the numbers must know. Warns of changes by other programs. */
export async function caveatsIn(
  lake: Lake,
  { userTypes }: Pick<ConfigFile, "userTypes">,
  signal: AbortSignal,
): Promise<Caveats> {
  const caveats = await caveatsOf(lake, userTypes, signal, (error) =>
    warn(`Files in quarantine or changes by other programs may not be listed. ${describeError(error)}`),
  );
  warnOfChanges("The numbers", caveats.changedByOthers);
  return caveats;
}

/** Whether other programs changed rows of reports, of which it warns. */
export async function areRowsChanged(lake: Lake, signal: AbortSignal): Promise<boolean> {
  return warnOfChanges("Its rows", await rowsChangedByOthers(lake, signal));
}

function warnOfChanges(what: string, changed: ReadonlyMap<string, string> = new Map()): boolean {
  const changes = [...changed].map(([table, problem]) => `${table}: ${problem}`);
  if (changes.length > 0) {
    warn(
      `${what} may be wrong. ${changes.join(" ")} clever-lake repair --dry-run shows what would be rebuilt from the landed files.`,
    );
  }
  return changes.length > 0;
}

function warnOfCache(error: unknown): void {
  warn(`There is no cache, so that the next question takes longer. ${describeError(error)}`);
}

/** How the people of a lake are divided. */
export async function divisionIn(
  lake: Lake,
  config: ConfigFile,
  options: CountingOptions,
  signal: AbortSignal,
): Promise<Division> {
  const counting = countingOf(config, options);
  return withIndex(lake, options, (index) => Promise.resolve(divisionOf(index, counting)), signal);
}

/**
 * The platform's cache folder for this user's programs; false if the user has none. Only the owner can read what we put
 * there.
 */
export function cacheFolderOf(
  { XDG_CACHE_HOME, LOCALAPPDATA }: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): string | false {
  const name = "clever-lake";
  if (platform === "win32" && LOCALAPPDATA) return path.join(LOCALAPPDATA, name, "Cache");
  // The specification says to ignore a path that is not absolute.
  const isOwn = platform !== "win32" && platform !== "darwin" && XDG_CACHE_HOME;
  if (isOwn && path.isAbsolute(XDG_CACHE_HOME)) return path.join(XDG_CACHE_HOME, name);
  const home = homeFolder();
  if (home === undefined) return false;
  if (platform === "win32") return path.join(home, "AppData", "Local", name, "Cache");
  if (platform === "darwin") return path.join(home, "Library", "Caches", name);
  return path.join(home, ".cache", name);
}

/** Schedulers and containers can run without a home folder, under a user id without a name. */
function homeFolder(): string | undefined {
  try {
    const home = homedir();
    return path.isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}
