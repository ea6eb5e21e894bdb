import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import {
  type MetricsFilterInput,
  metricsDocument,
  participationMetrics,
} from "../../src/dashboard/query/metrics";
import type { Lake } from "../../src/lake/lake";
import { temporaryFolder } from "./temporaryFolder";

/** The document of `clever-lake metrics --json` for a lake, with its own cache. */
export async function lakeMetrics(
  lake: Lake,
  filter: MetricsFilterInput,
  { minimumGroupSize }: { readonly minimumGroupSize: number },
) {
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  const options = { minimumGroupSize, keepWhole: "schools" } as const;
  return metricsDocument(await participationMetrics(await keeper.current(lake), filter, options));
}
