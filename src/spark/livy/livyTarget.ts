import type { Config } from "../../config";
import { CleverLakeError } from "../../errors";
import { isAdlsAddress } from "../../lake/adls/address";
import { hadoopAddress } from "../../lake/hadoopAddress";
import { type LivyService, livyServiceOf } from "./livyService";

/** The service in a configuration, and the vault from which its cluster gets the salt. */
export interface LivyTarget {
  readonly service: LivyService;
  readonly saltKeyVaultUrl: string;
}

/** Throws `config`, before anything is sent, if the cluster cannot reach the lake or the salt. */
export function livyTargetOf({
  livy,
  lake,
  saltKeyVaultUrl,
}: Pick<Config, "livy" | "lake" | "saltKeyVaultUrl">): LivyTarget {
  if (livy === undefined) {
    throw new CleverLakeError("config", "The engine livy needs the address of a cluster.", {
      subject: "livy",
      hint: "Set a workspace and a pool (Synapse), a workspace and a lakehouse (Fabric), or the url of a Livy server.",
    });
  }
  const service = livyServiceOf(livy);
  if (saltKeyVaultUrl === undefined) {
    throw new CleverLakeError("config", "With the engine livy, the salt must be in a key vault.", {
      subject: "saltKeyVaultUrl",
      hint: "The salt is never sent to a cluster: put it into a key vault under the name oeaSalt, and set the vault here.",
    });
  }
  // Throws for an emulator.
  hadoopAddress(lake.url, "stage1np");
  if (service.kind !== "livy" && !isAdlsAddress(lake.url)) {
    throw new CleverLakeError(
      "config",
      "A cluster in Azure cannot read a lake in a folder on this machine.",
      {
        subject: lake.url,
        hint: 'Use a lake in Azure, or "engine": "embedded".',
      },
    );
  }
  if (service.kind !== "livy" && saltKeyVaultUrl.startsWith("http:")) {
    throw new CleverLakeError("config", "A cluster in Azure cannot reach a key vault on this machine.", {
      subject: "saltKeyVaultUrl",
      hint: "Use an address like https://NAME.vault.azure.net.",
    });
  }
  return { service, saltKeyVaultUrl };
}
