import { cp } from "node:fs/promises";
import type { Comparison } from "./comparison";
import { addDay, datesOf, fillDayByDay, firstDayOfHistory, requireFiles } from "./dayByDay";
import { type Side, takeTurns } from "./measure";
import type { BenchOptions } from "./options";
import type { Workshop } from "./workshop";

/**
 * (d) One more day into a lake that holds many, compared with the same day into an empty lake, both by the whole
 * process over SFTP: the old lake's server has all the days, the new one's only that day.
 *
 * The old lake is filled as a district would, with one run per day, but from a small district, because days add files
 * and commits rather than rows. It also gets one day of the large district, so that its lookup tables are as large as
 * in practice.
 */
export async function oneMoreDay(
  workshop: Workshop,
  { runs, students, historyDays, historyStudents }: BenchOptions,
): Promise<Comparison[]> {
  const history = workshop.newPath("history");
  const lake = workshop.newPath("lake");
  const days = historyDays + 1;
  const small = { students: historyStudents, days, firstDay: firstDayOfHistory };
  const dates = await datesOf(workshop, small);
  await fillDayByDay(workshop, { reports: history, lake, size: small, dates: dates.slice(0, historyDays) });
  const last = dates[historyDays] ?? "";
  const results = [await compare(workshop, { history, lake, day: small, date: last, runs, target: 1.15 })];
  if (students > historyStudents) {
    // The large district's days come after those of the small one and share no date with them.
    const large = { students, days: 2, firstDay: last };
    const { days: [first = "", second = ""] = [] } = await workshop.publish(history, large, { to: last });
    await addDay(workshop, lake, history, 2);
    const date = second || first;
    results.push(await compare(workshop, { history, lake, day: large, date, runs, target: 1.3 }));
  }
  await Promise.all([workshop.remove(history), workshop.remove(lake)]);
  return results;
}

interface AddedDay {
  readonly history: string;
  readonly lake: string;
  readonly day: { readonly students: number; readonly days: number; readonly firstDay?: string };
  readonly date: string;
  readonly runs: number;
  readonly target: number;
}

async function compare(workshop: Workshop, added: AddedDay): Promise<Comparison> {
  const { history, lake, day, date, runs, target } = added;
  const alone = workshop.newPath("alone");
  await workshop.publish(alone, day, { from: date, to: date });
  const all = await workshop.linkedCopy(history);
  await cp(alone, all, { recursive: true, preserveTimestamps: true });
  const label = `a day of ${day.students} students`;
  const side = (name: string, reports: string, prepare: () => Promise<string>): Side => {
    let copy = "";
    return {
      name: `${label} into ${name}`,
      prepare: async () => {
        copy = await prepare();
      },
      run: async () => {
        const sample = await workshop.cleverLake("run", await workshop.config(reports, copy));
        requireFiles((JSON.parse(sample.stdout) as { anonymized: number }).anonymized, 2);
        return sample;
      },
      clean: () => workshop.remove(copy),
    };
  };
  const [ours, theirs] = await takeTurns(
    [
      side("the old lake", all, () => workshop.linkedCopy(lake)),
      side("an empty lake", alone, () => Promise.resolve(workshop.newPath("lake"))),
    ],
    runs,
  );
  await Promise.all([workshop.remove(alone), workshop.remove(all)]);
  if (!ours || !theirs) throw new Error("A side was not measured.");
  return { benchmark: "d", title: `One more day: ${label}`, ours, theirs, measure: "time", target };
}
