import type { Report } from "../clever/reports";
import type { Snapshot } from "../delta/snapshot";
import type { Duck, DuckSession } from "../duck/duck";
import type { Lake } from "../lake/lake";
import type { Delivery } from "./delivery";
import type { LogEntry } from "./log/ingestLog";
import { IdentityWatch } from "./read/identityHealth";
import { LakeIds } from "./read/lakeIds";
import { Persons } from "./read/persons";
import type { ReadContext } from "./read/readAlone";
import { type Reading, readDeliveries } from "./read/readDeliveries";
import { stageRows } from "./read/stageRows";

export interface LandedContext {
  readonly lake: Lake;
  readonly duck: Duck;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
}

/** Reads landed files of a report again, as a run did when their rows entered the tables. Writes nothing to the lake. */
export class LandedReader {
  private readonly lakeIds: LakeIds;

  private constructor(
    private readonly context: LandedContext,
    readonly persons: Persons,
    readonly identities: IdentityWatch,
  ) {
    this.lakeIds = new LakeIds(context.lake, context.duck, persons.report.name);
  }

  /** @param lookups the lookup table; undefined if there is no readable one */
  static async open(
    context: LandedContext,
    report: Report,
    salt: string,
    lookups: Snapshot | undefined,
  ): Promise<LandedReader> {
    const { lake, duck, signal } = context;
    const persons = await Persons.create(duck, report, salt);
    const identities = await IdentityWatch.open(lake, duck, persons, lookups, signal);
    return new LandedReader(context, persons, identities);
  }

  /** @param stage receives the rows of the files; default: `rows` */
  read(
    session: DuckSession,
    entries: readonly LogEntry[],
    stage: ReadContext["stage"] = this.rows,
  ): Promise<Reading> {
    const { lake, scratch, signal } = this.context;
    const { persons, identities } = this;
    const deliveries = entries.map((entry): Delivery => ({ entry, readAs: entry, isAccepted: true }));
    const context = { lake, persons, identities, scratch, signal, stage };
    return readDeliveries(session, deliveries, context);
  }

  /** Stages the rows, as a run does. */
  readonly rows: ReadContext["stage"] = (session, loaded, files, days) => {
    const { scratch, signal } = this.context;
    const { persons, identities, lakeIds } = this;
    const context = { persons, identities, lakeIds, others: undefined, scratch, signal };
    return stageRows(session, loaded, files, days, context);
  };

  /** Only adds the people to `persons`. */
  readonly people: ReadContext["stage"] = async (session) => {
    await this.persons.add(session);
    return { staged: [], notes: new Map() };
  };
}
