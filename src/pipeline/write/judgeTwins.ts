import type { UserType } from "../../clever/reports";
import { fileStatistics } from "../../delta/files/statistics";
import type { AddFile } from "../../delta/log/actions";
import { readQuery } from "../../delta/readQuery";
import type { Snapshot } from "../../delta/snapshot";
import { withDataFiles } from "../../delta/withTable";
import type { DuckSession } from "../../duck/duck";
import type { QuarantinedDelivery, ReadDelivery } from "../delivery";
import { oldestFirst } from "../plan/ranks";
import { contentsOf } from "./fileContents";
import type { MonthRows } from "./monthRows";
import type { ChangeContext } from "./tableChange";
import { areKnownAsBoth, findTwins, knownPeople } from "./twins";

/** Finds arriving deliveries with the rows of a source of another user type, and decides which of the two counts. */
export class TwinJudge {
  /** @param arriving the deliveries of the change, including those that are held back */
  constructor(
    private readonly context: ChangeContext,
    private readonly session: DuckSession,
    private readonly snapshot: Snapshot | undefined,
    private readonly arriving: readonly ReadDelivery[],
  ) {}

  /** @param applied the deliveries that nothing else holds back */
  async judge(
    months: readonly MonthRows[],
    applied: readonly ReadDelivery[],
  ): Promise<QuarantinedDelivery[]> {
    const { session } = this;
    const { report } = this.context;
    const judged = applied.filter(({ readAs }) => readAs === undefined);
    const arriving = new Map(judged.map((delivery) => [delivery.entry.source, delivery]));
    const held = new Map<string, QuarantinedDelivery>();
    for (const month of months) {
      if (!month.mayHaveTwins((source) => this.context.currentOf(source)?.userType)) continue;
      const rows = month.twinRows();
      for (const { one, other } of await findTwins(session, report, rows)) {
        const [mine, twin] = arriving.has(one) ? [one, other] : [other, one];
        const delivery = arriving.get(mine);
        if (!delivery || this.areAgreed(delivery, twin) || held.has(one) || held.has(other)) continue;
        const partner = arriving.get(twin);
        const loss = await this.judgePair(rows, delivery, twin, partner);
        if (loss === undefined) continue;
        const { loser, kept, why } = loss;
        const reason = `It has the same rows as ${kept}, which ${why}, and the same rows count only once. If you accept this file, its rows count too.`;
        held.set(loser.entry.source, { ...loser, reason, acceptable: true, twinOf: kept });
      }
    }
    return [...held.values()];
  }

  private areAgreed({ entry, agreedTwin }: ReadDelivery, twin: string): boolean {
    const partner = this.arriving.find((each) => each.entry.source === twin);
    const current = this.context.currentOf(twin);
    const ofTwin = partner ? partner.agreedTwin : current?.accepted === true ? current.twinOf : undefined;
    return agreedTwin === twin || ofTwin === entry.source;
  }

  /**
   * Decides which of two twins does not count. Of two arriving ones, the one whose user type its people are known to
   * have counts, or else the one that came first. Undefined if both count, since their people are known to be of both
   * user types.
   */
  private async judgePair(
    rows: string,
    mine: ReadDelivery,
    twin: string,
    partner: ReadDelivery | undefined,
  ): Promise<{ readonly loser: ReadDelivery; readonly kept: string; readonly why: string } | undefined> {
    const { session, snapshot } = this;
    const unrecorded = this.arriving.find(({ entry }) => entry.source === twin);
    const twinType = (unrecorded?.entry ?? this.context.currentOf(twin))?.userType;
    if (twinType === undefined) return { loser: mine, kept: twin, why: "is in the tables as others" };
    const files = snapshot ? newestFilesOf(snapshot, [mine.entry.userType, twinType]) : [];
    return withDataFiles(this.context, [{ snapshot, files }], async (localPathOf) => {
      const inTable =
        snapshot && files.length > 0 ? `FROM (${readQuery(snapshot, files, localPathOf)})` : undefined;
      const other = { source: twin, userType: twinType };
      if (inTable && (await areKnownAsBoth(session, rows, inTable, mine.entry, other))) return undefined;
      if (partner === undefined) return { loser: mine, kept: twin, why: `is in the tables as ${twinType}` };
      const known = inTable ? `${rows} UNION ALL BY NAME ${inTable}` : rows;
      const [first = mine, second = partner] = oldestFirst(
        [mine, partner].map((delivery) => ({ ...delivery.entry, delivery })),
      ).map(({ delivery }) => delivery);
      const { asMine, asTwin } = await knownPeople(session, known, first.entry, second.entry);
      if (asTwin > asMine) {
        const why = `has people who are known as ${second.entry.userType}`;
        return { loser: first, kept: second.entry.source, why };
      }
      const why = asMine > asTwin ? `has people who are known as ${first.entry.userType}` : "came first";
      return { loser: second, kept: first.entry.source, why };
    });
  }
}

/** This many files of a user type are enough to show which people have it. */
const filesPerType = 3;

/** The table's newest files of some user types. */
function newestFilesOf(snapshot: Snapshot, types: readonly UserType[]): AddFile[] {
  const lastDay = (file: AddFile) => String(fileStatistics(file)?.maxValues.date ?? "");
  const newest = [...snapshot.files.values()].sort((a, b) => (lastDay(a) < lastDay(b) ? 1 : -1));
  const ofType = (type: UserType) => newest.filter((file) => (contentsOf(file).days.get(type) ?? 0) !== 0);
  return [...new Set(types.flatMap((type) => ofType(type).slice(0, filesPerType)))];
}
