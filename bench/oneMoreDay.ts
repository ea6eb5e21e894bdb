import { cp } from "node:fs/promises";
import { FolderLake } from "../src/lake/folder";
import { run } from "../src/pipeline/run";
import { FolderSource } from "../test/helpers/folderSource";
import type { Comparison } from "./comparison";
import { type Side, takeTurns } from "./measure";
import type { BenchOptions } from "./options";
import type { Workshop } from "./workshop";

/**
 * (d) One more day into a lake that holds many, against the same day into an empty lake, both by the whole process
 * over SFTP: the server of the old lake holds all the days, and that of the new one the day alone.
 *
 * The old lake is filled as a district would fill it, by one run for each day, from a small district, since what
 * grows with the days is files and commits and not rows. For the day of a large district the lake then takes a day
 * of that one too, so that its lookups are as long as they would be.
 */
export async function oneMoreDay(
  workshop: Workshop,
  { runs, students, historyDays, historyStudents }: BenchOptions,
): Promise<Comparison[]> {
  const history = workshop.newPath("history");
  const lake = workshop.newPath("lake");
  const days = historyDays + 1;
  const { days: dates } = await workshop.publish(
    workshop.newPath("nothing"),
    { students: historyStudents, days },
    { to: "0" },
  );
  const source = new FolderSource(history);
  const start = Date.now();
  for (const [index, date] of dates.slice(0, historyDays).entries()) {
    await workshop.publish(history, { students: historyStudents, days }, { from: date, to: date });
    await addDays(workshop, lake, source);
    if ((index + 1) % 50 === 0) console.error(`  ${index + 1} days in ${(Date.now() - start) / 1000} s`);
  }
  const last = dates[historyDays] ?? "";
  const small = { students: historyStudents, days };
  const results = [await compare(workshop, { history, lake, day: small, date: last, runs })];
  if (students > historyStudents) {
    // The large district's days come behind those of the small one, which share no date with them.
    const large = { students, days: 2, firstDay: last };
    const { days: [first = "", second = ""] = [] } = await workshop.publish(history, large, { to: last });
    await addDays(workshop, lake, source);
    results.push(await compare(workshop, { history, lake, day: large, date: second || first, runs }));
  }
  await Promise.all([workshop.remove(history), workshop.remove(lake)]);
  return results;
}

async function addDays(workshop: Workshop, lake: string, source: FolderSource): Promise<void> {
  const summary = await run({
    command: "run",
    lake: await FolderLake.open(lake),
    source,
    salt: workshop.salt,
    userTypes: ["students"],
  });
  if (summary.anonymized !== 2) throw new Error(`A day brought ${summary.anonymized} files instead of 2.`);
}

interface AddedDay {
  readonly history: string;
  readonly lake: string;
  readonly day: { readonly students: number; readonly days: number; readonly firstDay?: string };
  readonly date: string;
  readonly runs: number;
}

async function compare(workshop: Workshop, added: AddedDay): Promise<Comparison> {
  const { history, lake, day, date, runs } = added;
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
        const { anonymized } = JSON.parse(sample.stdout) as { anonymized: number };
        if (anonymized !== 2) throw new Error(`A day brought ${anonymized} files instead of 2.`);
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
  return { benchmark: "d", title: `One more day: ${label}`, ours, theirs, measure: "time", target: 1.3 };
}
