import type { Config } from "../../config";

/** A service that takes batches by the interface of Apache Livy. */
export interface LivyService {
  readonly kind: "synapse" | "fabric" | "livy";
  /** What a person knows it by. */
  readonly name: string;
  /** The address of the batches, without a slash at its end. */
  readonly batches: string;
  /** What a token has to be for; undefined where none is sent. */
  readonly scope: string | undefined;
  /** What has to be said of each batch, beyond what is to run. */
  readonly sizes: Readonly<Record<string, string | number>>;
}

/** Synapse starts no batch without sizes: these are of its smallest machines (`Small`: 4 cores, 28 GB). */
const synapseSizes = {
  driverCores: 4,
  driverMemory: "28g",
  executorCores: 4,
  executorMemory: "28g",
  numExecutors: 2,
};

/**
 * The service that a configuration names. Synapse:
 * https://learn.microsoft.com/rest/api/synapse/data-plane/spark-batch. Fabric:
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
