import { sparkSubmit } from "../test/helpers/sparkEngine";
import type { Comparison } from "./comparison";
import { type Side, takeTurns } from "./measure";
import type { BenchOptions } from "./options";
import { ourTables } from "./tablesBenchmark";
import type { Workshop } from "./workshop";

/**
 * (l) Landed files into tables with Apache Spark, `local[*]` behind `spark-submit`, compared with the embedded engine
 * on the same machine: what Spark costs if one machine is enough, for one, some and many days.
 */
export async function sparkBenchmark(
  workshop: Workshop,
  { runs, students, sparkDays }: BenchOptions,
): Promise<Comparison[]> {
  const program = await sparkSubmit();
  if (program === undefined) throw new Error("Apache Spark is needed.");
  // That option is for tests, which have little to process.
  delete process.env.SPARK_SUBMIT_OPTS;
  const comparisons: Comparison[] = [];
  for (const days of sparkDays) {
    console.error(`  ${days} days`);
    const reports = workshop.newPath("reports");
    const landed = workshop.newPath("landed");
    await workshop.publish(reports, { students, days });
    await workshop.cleverLake("ingest", await workshop.config(reports, landed));
    const bySpark = { engine: "spark-submit", sparkSubmit: program };
    const sides: readonly Side[] = [
      { ...ourTables(workshop, reports, landed, bySpark), name: "spark-submit" },
      { ...ourTables(workshop, reports, landed), name: "embedded" },
    ];
    const [ours, theirs] = await takeTurns(sides, runs);
    await Promise.all([workshop.remove(reports), workshop.remove(landed)]);
    if (!ours || !theirs) throw new Error("A side was not measured.");
    const title = `CSV to tables by Spark, ${days} ${days === 1 ? "day" : "days"}`;
    comparisons.push({ benchmark: "l", title, ours, theirs, measure: "time" });
  }
  return comparisons;
}
