import path from "node:path";
import type { Comparison, Limit } from "./comparison";
import { type Side, takeTurns, timeNode } from "./measure";
import type { BenchOptions } from "./options";
import { byHand, reportsOf } from "./tablesBenchmark";
import type { Workshop } from "./workshop";

/** A district's first run: a year of small files, six a day. */
const backlog = { students: 2000, teachers: 120, staff: 40, days: 180 } as const;

/**
 * (g) The backlog that a district begins with, against rclone and the script that an engineer would write by hand; then
 * what it takes to find nothing new in it, and to verify it.
 */
export async function backlogBenchmark(
  workshop: Workshop,
  { runs }: BenchOptions,
): Promise<{ comparisons: Comparison[]; limits: Limit[] }> {
  const reports = workshop.newPath("backlog");
  await workshop.publish(reports, backlog);
  const landed = workshop.newPath("landed");
  await workshop.cleverLake("ingest", await workshop.config(reports, landed));
  const done = await workshop.linkedCopy(landed);
  await workshop.cleverLake("anonymize", await workshop.config(reports, done));

  const files = reportsOf(path.join(landed, "stage1np", "clever"), "*/*/*.csv");
  const script = (): Side => {
    const tables = workshop.newPath("tables");
    return {
      name: "DuckDB script",
      run: () => workshop.handWritten(files.participation, files.usage, tables),
      clean: () => workshop.remove(tables),
    };
  };
  let lake = "";
  const intoTables = await turns(
    {
      name: "clever-lake anonymize",
      prepare: async () => {
        lake = await workshop.linkedCopy(landed);
      },
      run: async () => workshop.cleverLake("anonymize", await workshop.config(reports, lake)),
      clean: () => workshop.remove(lake),
    },
    script(),
    runs,
  );
  const wholeJob = await turns(
    {
      name: "clever-lake run",
      prepare: () => {
        lake = workshop.newPath("lake");
        return Promise.resolve();
      },
      run: async () => workshop.cleverLake("run", await workshop.config(reports, lake)),
      clean: () => workshop.remove(lake),
    },
    byHand(workshop, reports),
    runs,
  );
  const nothingNew = await turns(
    {
      name: "clever-lake run, nothing new",
      run: async () => workshop.cleverLake("run", await workshop.config(reports, done)),
    },
    { name: "node -e 0", run: () => timeNode(workshop.folder, ["-e", "0"], {}) },
    runs,
  );
  const verify = await turns(
    {
      name: "clever-lake verify",
      run: async () => workshop.cleverLake("verify", await workshop.config(reports, done)),
    },
    script(),
    runs,
  );
  await Promise.all([reports, landed, done].map((place) => workshop.remove(place)));
  const title = `${backlog.days * 6} small files`;
  const time = (name: string, sides: Turns, target: number): Comparison => ({
    benchmark: "g",
    title: `${title}: ${name}`,
    ...sides,
    measure: "time",
    target,
  });
  const seconds = (name: string, { ours }: Turns, target: number): Limit => ({
    benchmark: "g",
    title: `${title}: ${name}`,
    unit: "seconds",
    values: ours.samples.map((sample) => sample.seconds),
    target,
  });
  return {
    comparisons: [time("CSV to tables", intoTables, 1.5), time("the whole job", wholeJob, 1.3)],
    limits: [seconds("nothing new", nothingNew, 0.35), seconds("verify", verify, 5)],
  };
}

type Turns = Pick<Comparison, "ours" | "theirs">;

async function turns(our: Side, their: Side, runs: number): Promise<Turns> {
  const [ours, theirs] = await takeTurns([our, their], runs);
  if (!ours || !theirs) throw new Error("A side was not measured.");
  return { ours, theirs };
}
