import path from "node:path";
import type { Comparison, Limit } from "./comparison";
import { type Side, takeTurns, timeNode } from "./measure";
import type { BenchOptions } from "./options";
import { byHand, type Copying, ourTables, reportsOf, scriptTables } from "./tablesBenchmark";
import type { Workshop } from "./workshop";

/** A district's first run: a year of small files, six a day. */
const people = { students: 2000, teachers: 120, staff: 40 } as const;

/**
 * (g) The initial backlog of a district, compared with rclone followed by a script as an engineer would write it;
 * then the cost of finding nothing new, and of verifying it.
 */
export async function backlogBenchmark(
  workshop: Workshop,
  { runs, backlogDays: days }: BenchOptions,
): Promise<{ comparisons: Comparison[]; limits: Limit[] }> {
  const reports = workshop.newPath("backlog");
  await workshop.publish(reports, { ...people, days });
  const landed = workshop.newPath("landed");
  await workshop.cleverLake("ingest", await workshop.config(reports, landed));
  const done = await workshop.linkedCopy(landed);
  await workshop.cleverLake("anonymize", await workshop.config(reports, done));

  const files = reportsOf(path.join(landed, "stage1np", "clever"), "*/*/*.csv");
  const [intoTables] = await turns(
    ourTables(workshop, reports, landed),
    [scriptTables(workshop, files)],
    runs,
  );
  let lake = "";
  const wholeJobs = await turns(
    {
      name: "clever-lake run",
      prepare: () => {
        lake = workshop.newPath("lake");
        return Promise.resolve();
      },
      run: async () => workshop.cleverLake("run", await workshop.config(reports, lake)),
      clean: () => workshop.remove(lake),
    },
    (await copyings(workshop, reports)).map((copying) => byHand(workshop, reports, copying)),
    runs,
  );
  const emptyProgram = { name: "node -e 0", run: () => timeNode(workshop.folder, ["-e", "0"], {}) };
  const [nothingNew] = await turns(
    {
      name: "clever-lake run, nothing new",
      run: async () => workshop.cleverLake("run", await workshop.config(reports, done)),
    },
    [emptyProgram],
    runs,
  );
  const [startUp] = await turns(
    { name: "clever-lake --version", run: () => workshop.start() },
    [emptyProgram],
    runs,
  );
  const [verify] = await turns(
    {
      name: "clever-lake verify",
      run: async () => workshop.cleverLake("verify", await workshop.config(reports, done)),
    },
    [scriptTables(workshop, files)],
    runs,
  );
  if (!intoTables || !nothingNew || !startUp || !verify) throw new Error("A side was not measured.");
  await Promise.all([reports, landed, done].map((place) => workshop.remove(place)));
  const title = `${days * 6} small files`;
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
    comparisons: [
      time("CSV to tables", intoTables, 1.5),
      ...wholeJobs.map((sides) => time("the whole job", sides, 1.3)),
      { benchmark: "g", title: "Start-up", ...startUp, measure: "time", target: 1.5 },
    ],
    limits: [seconds("nothing new", nothingNew, 0.35), seconds("verify", verify, 5)],
  };
}

type Turns = Pick<Comparison, "ours" | "theirs">;

/** Ours and each of theirs, all in the same turns. */
async function turns(our: Side, their: readonly Side[], runs: number): Promise<Turns[]> {
  const [ours, ...theirs] = await takeTurns([our, ...their], runs);
  if (!ours) throw new Error("A side was not measured.");
  return theirs.map((each) => ({ ours, theirs: each }));
}

/** How an engineer would copy a thousand small files: each rclone without checking each file twice, and `sftp`. */
async function copyings(workshop: Workshop, reports: string): Promise<Copying[]> {
  const flags = ["--sftp-disable-hashcheck"];
  const rclones = (await workshop.rclones()).map((rclone) => ({
    name: `${rclone.name} ${flags.join(" ")}`,
    copy: (target: string) => workshop.copyByRclone(rclone, reports, target, { flags }),
  }));
  const sftp = {
    name: "sftp -r",
    copy: (target: string) => workshop.copyBySftp(reports, target),
    below: path.basename(reports),
  };
  return [...rclones, sftp];
}
