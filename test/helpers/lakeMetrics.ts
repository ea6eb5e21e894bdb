import type { DashboardFilter } from "../../src/dashboard/filter";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import { metricsDocument, participationMetrics } from "../../src/dashboard/query/metrics";
import type { Lake } from "../../src/lake/lake";
import { metricsFilter } from "./metricsFilter";
import { temporaryFolder } from "./temporaryFolder";

/** The document of `clever-lake metrics --json` for a lake, with its own cache. */
export async function lakeMetrics(
  lake: Lake,
  filter: Partial<DashboardFilter>,
  { minimumGroupSize }: { readonly minimumGroupSize: number },
) {
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  const options = { minimumGroupSize, keepWhole: "schools" } as const;
  const index = await keeper.current(lake);
  if (index === undefined) throw new Error("The tables are empty.");
  return metricsDocument(await participationMetrics(index, metricsFilter(filter), options));
}
