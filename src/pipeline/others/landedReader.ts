import type { Report } from "../../clever/reports";
import type { Snapshot } from "../../delta/snapshot";
import type { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import type { Delivery } from "../delivery";
import type { LogEntry } from "../log/ingestLog";
import { chunksOf } from "../plan/work";
import { IdentityWatch } from "../read/identityHealth";
import { LakeIds } from "../read/lakeIds";
import { Persons } from "../read/persons";
import type { ReadContext } from "../read/readAlone";
import { readDeliveries } from "../read/readDeliveries";
import { type StagedRows, stageRows } from "../read/stageRows";
import { isReadAsBefore } from "../write/tableChange";

export interface RepairContext {
  readonly lake: Lake;
  readonly duck: Duck;
  readonly salt: string;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
  /** Write nothing. */
  readonly dryRun: boolean;
  readonly runId: string;
  /** Rejects if the lake may no longer be written. */
  readonly requireHeld: () => Promise<void>;
  /** Receives the number of landed bytes read. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** Landed files that were read again. */
export interface LandedRows {
  /** The deliveries that were read as they were when they entered the tables. */
  readonly read: readonly LogEntry[];
  /** Those whose landed file is gone, or is not read as it was. */
  readonly unread: readonly LogEntry[];
  /** Rows of `read`, and possibly of `unread`. */
  readonly staged: readonly StagedRows[];
}

/** Reads landed files of a report again, as a run did. */
export class LandedReader {
  private constructor(
    private readonly context: RepairContext,
    readonly persons: Persons,
    readonly identities: IdentityWatch,
    private readonly lakeIds: LakeIds,
  ) {}

  /** @param lookups the lookup table; undefined if there is no readable one */
  static async open(
    context: RepairContext,
    report: Report,
    lookups: Snapshot | undefined,
  ): Promise<LandedReader> {
    const { lake, duck, salt, signal } = context;
    const persons = await Persons.create(duck, report, salt);
    const identities = await IdentityWatch.open(lake, duck, persons, lookups, signal);
    return new LandedReader(context, persons, identities, new LakeIds(lake, duck, report.name));
  }

  /** Reads rows, or only the people, who are then in `persons`. */
  async read(entries: readonly LogEntry[], what: "rows" | "people"): Promise<LandedRows> {
    const { duck } = this.context;
    const read: LogEntry[] = [];
    const staged: StagedRows[] = [];
    for (const { pending } of chunksOf([], entries)) {
      const reading = await duck.session((session) => {
        const deliveries = pending.map((entry): Delivery => ({ entry, isAccepted: true }));
        return readDeliveries(session, deliveries, this.readContext(what));
      });
      read.push(...reading.read.filter(isReadAsBefore).map(({ entry }) => entry));
      staged.push(...reading.staged);
      this.context.onBytes(pending.reduce((sum, { size }) => sum + size, 0));
    }
    const isRead = new Set(read.map(({ source }) => source));
    return { read, unread: entries.filter(({ source }) => !isRead.has(source)), staged };
  }

  private readContext(what: "rows" | "people"): ReadContext {
    const { lake, scratch, signal } = this.context;
    const { persons, identities, lakeIds } = this;
    const context = { lake, persons, identities, scratch, signal, wereRead: true };
    return {
      ...context,
      stage: async (session, loaded, files, days) => {
        if (what === "rows") {
          return stageRows(session, loaded, files, days, { ...context, lakeIds, others: undefined });
        }
        await persons.add(session, signal);
        return { staged: [], notes: new Map() };
      },
    };
  }
}
