import type { Config } from "../../config";

/** A service that accepts batches through the interface of Apache Livy. */
export interface LivyService {
  readonly kind: "synapse" | "fabric" | "livy";
  /** Its name for users. */
  readonly name: string;
  /** The address of the batches, without a trailing slash. */
  readonly batches: string;
  /** The token scope; undefined if no token is sent. */
  readonly scope: string | undefined;
  /** Fields that each batch needs in addition to its program. */
  readonly sizes: Readonly<Record<string, string | number>>;
}

/** Synapse requires sizes for a batch. These are for its smallest machines (`Small`: 4 cores, 28 GB). */
const synapseSizes = {
  driverCores: 4,
  driverMemory: "28g",
  executorCores: 4,
  executorMemory: "28g",
  numExecutors: 2,
};

/**
 * The service in a configuration. Synapse: https://learn.microsoft.com/rest/api/synapse/data-plane/spark-batch. Fabric:
 * https://learn.microsoft.com/fabric/data-engineering/api-livy-overview. Apache Livy:
 * https://livy.apache.org/docs/latest/rest-api.html.
 */
export function livyServiceOf({
  url,
  workspace = "",
  pool,
  lakehouse = "",
}: NonNullable<Config["livy"]>): LivyService {
  if (url !== undefined) {
    const batches = `${url.replace(/\/+$/, "")}/batches`;
    return { kind: "livy", name: new URL(url).host, batches, scope: undefined, sizes: {} };
  }
  if (pool !== undefined) {
    return {
      kind: "synapse",
      name: `${workspace}/${pool}`,
      batches: `https://${workspace}.dev.azuresynapse.net/livyApi/versions/2019-11-01-preview/sparkPools/${pool}/batches`,
      scope: "https://dev.azuresynapse.net/.default",
      sizes: synapseSizes,
    };
  }
  return {
    kind: "fabric",
    name: `the lakehouse ${lakehouse}`,
    batches: `https://api.fabric.microsoft.com/v1/workspaces/${workspace}/lakehouses/${lakehouse}/livyApi/versions/2023-12-01/batches`,
    scope: "https://api.fabric.microsoft.com/.default",
    sizes: {},
  };
}
