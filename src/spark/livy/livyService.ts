import { CleverLakeError } from "../../basics/errors";
import type { Config } from "../../config";
import { isAdlsAddress } from "../../lake/adls/address";
import { hadoopAddress } from "../../lake/hadoopAddress";

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

/**
 * The service in a configuration, and the vault from which its cluster gets the salt. Throws `config`, before anything is
 * sent, if the cluster cannot reach the lake or the salt.
 */
export function livyTargetOf({
  livy,
  lake,
  saltKeyVaultUrl,
}: Pick<Config, "livy" | "lake" | "saltKeyVaultUrl">) {
  const wrong = (subject: string, message: string, hint: string) =>
    new CleverLakeError("config", message, { subject, hint });
  if (livy === undefined)
    throw wrong(
      "livy",
      "The engine livy needs the address of a cluster.",
      "Set a workspace and a pool (Synapse), a workspace and a lakehouse (Fabric), or the url of a Livy server.",
    );
  const service = livyServiceOf(livy);
  if (saltKeyVaultUrl === undefined)
    throw wrong(
      "saltKeyVaultUrl",
      "With the engine livy, the salt must be in a key vault.",
      "The salt is never sent to a cluster: put it into a key vault under the name oeaSalt, and set the vault here.",
    );
  // Throws for an emulator.
  hadoopAddress(lake.url, "stage1np");
  if (service.kind !== "livy" && !isAdlsAddress(lake.url))
    throw wrong(
      lake.url,
      "A cluster in Azure cannot read a lake in a folder on this machine.",
      'Use a lake in Azure, or "engine": "embedded".',
    );
  if (service.kind !== "livy" && saltKeyVaultUrl.startsWith("http:"))
    throw wrong(
      "saltKeyVaultUrl",
      "A cluster in Azure cannot reach a key vault on this machine.",
      "Use an address like https://NAME.vault.azure.net.",
    );
  return { service, saltKeyVaultUrl };
}
