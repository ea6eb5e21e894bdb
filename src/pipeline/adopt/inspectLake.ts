import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { pseudonymMapTable } from "../../clever/layout";
import type { OpenLake } from "../../delta/openLake";
import { commitTime } from "../../delta/snapshot";
import { withSelects } from "../../delta/withTable";
import { sqlName } from "../../duck/duck";
import type { LogEntry } from "../log/ingestLog";
import type { IngestLog } from "../log/logTable";
import { interruptedRuns, RunHistory, type RunRecord } from "../log/runRecord";
import { lakeState } from "../plan/plan";
import { sourceNamer } from "../plan/sourceNames";
import type { Workspace } from "../workspace";
import { appliedIn, type PseudoTables, readPseudoTables } from "../write/tables";
import type { AdoptedTable, AdoptProgress, AdoptSummary } from "./adoptSummary";
import { historiesOf, type SourceHistory } from "./deliveries";
import { findLandings } from "./landings";
import { activitySince, recentActivity } from "./oeaActivity";
import { oeaPseudonyms } from "./oeaSalt";
import { type OeaTable, oeaTables, reportsToAdopt } from "./oeaTables";
import { type LandedHashes, withoutCopies } from "./plainCopies";

export interface InspectionContext extends Workspace {
  readonly log: IngestLog;
  readonly runId: string;
  readonly started: Date;
  readonly notify: (progress: Partial<AdoptProgress>) => void;
}

/** What the lake contains. */
export interface InspectedLake {
  readonly tables: PseudoTables;
  readonly interrupted: readonly RunRecord[];
  readonly oea: readonly OeaTable[];
  readonly entries: readonly LogEntry[];
  readonly details: Pick<AdoptSummary, "tables" | "files" | "pseudonyms" | "warnings">;
  readonly hashes: LandedHashes;
  /** Undefined if there is nothing, or nothing left, to adopt. */
  readonly histories: readonly SourceHistory[] | undefined;
}

/** Checks OEA's tables and reads all files that it landed; changes nothing. */
export async function inspectLake(context: InspectionContext): Promise<InspectedLake> {
  const { lake, log, runId, started, signal, notify } = context;
  const { pseudo: tables, refused } = await readPseudoTables(context);
  for (const error of refused.values()) throw error;
  const interrupted = await interruptedRuns(new RunHistory(lake, signal));
  const oea = await oeaTables(context);
  const entries = await log.all(signal);
  const reports = reportsToAdopt(tables, interrupted);
  const found = await findLandings(context, reports, (done, all) =>
    notify({ phase: "inspecting", done, all }),
  );
  const hashes = new Map(found.landings.map(({ landedPath, sha256 }) => [landedPath, sha256]));
  const landings = withoutCopies(found.landings, hashes);
  const nameOfSource = sourceNamer(lakeState(await log.sources(signal), appliedIn(tables)));
  const histories = historiesOf(landings, {
    known: new Map(entries.map((entry) => [entry.landedPath, entry])),
    nameOfSource,
    runId,
    now: started,
  });
  const deliveries = histories.flatMap((history) => history.deliveries);
  const several = histories.filter((history) => history.deliveries.length > 1);
  const described = await allSettledOrThrow(oea.map((table) => describe(context, table)));
  const pseudonyms = await oeaPseudonyms(context, oea);
  const isAdopted = reports.length === 0;
  return {
    tables,
    interrupted,
    oea,
    entries,
    hashes,
    details: {
      tables: described,
      // All zero if the lake is adopted, because then no report's folder was searched for landings.
      files: {
        landed: landings.length,
        bySink: landings.filter(({ hasBackslashes }) => hasBackslashes).length,
        distinct: new Set(landings.map(({ name, sha256 }) => `${name}\n${sha256}`)).size,
        sources: histories.length,
        redelivered: several.map(({ source }) => source).sort(),
        escaped: deliveries.filter(({ last }) => last.plain !== undefined).length,
        notTaken: found.notTaken,
      },
      pseudonyms: { ...pseudonyms, map: pseudonyms.unsalted > 0 ? pseudonymMapTable : null },
      warnings: !isAdopted
        ? recentActivity(described, landings, started)
        : oea.length > 0
          ? await activitySince(context, tables, entries)
          : [],
    },
    histories: isAdopted ? undefined : histories,
  };
}

async function describe(open: OpenLake, table: OeaTable): Promise<AdoptedTable> {
  const { report, kind, path, movedPath, snapshot } = table;
  const names = snapshot.metadata.columns.map(({ name }) => sqlName(name)).join(", ");
  const counts = await withSelects(open, [table], (session, [select = ""]) =>
    session.one(
      `SELECT coalesce(sum(copies), 0)::DOUBLE AS rows_, count(*)::DOUBLE AS distinct_
         FROM (SELECT ${names}, count(*) AS copies FROM (${select}) GROUP BY ALL)`,
    ),
  );
  const lastCommit = await commitTime(open, snapshot);
  return {
    report: report.name,
    kind,
    table: path,
    movedTo: movedPath,
    rows: Number(counts.rows_),
    distinctRows: Number(counts.distinct_),
    lastCommit: lastCommit?.toISOString() ?? null,
  };
}
