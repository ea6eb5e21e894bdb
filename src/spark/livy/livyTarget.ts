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

/** Rejects with `config`, before anything is sent, if the cluster could not reach the lake or the salt. */
export function livyTargetOf({
  livy,
  lake,
  saltKeyVaultUrl,
}: Pick<Config, "livy" | "lake" | "saltKeyVaultUrl">): LivyTarget {
  if (livy === undefined) {
    throw new CleverLakeError("config", "The engine livy needs to know where the cluster is.", {
      subject: "livy",
      hint: "Name a workspace and a pool of Synapse, a workspace and a lakehouse of Fabric, or the url of a server of Livy.",
    });
  }
  const service = livyServiceOf(livy);
  if (saltKeyVaultUrl === undefined) {
    throw new CleverLakeError("config", "With the engine livy, the salt must be in a key vault.", {
      subject: "saltKeyVaultUrl",
      hint: "It is sent to no cluster: put it into a key vault under the name oeaSalt, and name the vault here.",
    });
  }
  // An emulator is refused here.
  hadoopAddress(lake.url, "stage1np");
  if (service.kind !== "livy" && !isAdlsAddress(lake.url)) {
    throw new CleverLakeError(
      "config",
      "A cluster in Azure cannot read a lake in a folder of this machine.",
      {
        subject: lake.url,
        hint: 'Use a lake in Azure, or "engine": "embedded".',
      },
    );
  }
  if (service.kind !== "livy" && saltKeyVaultUrl.startsWith("http:")) {
    throw new CleverLakeError("config", "A cluster in Azure cannot reach a key vault on this machine.", {
      subject: "saltKeyVaultUrl",
      hint: "Name the vault as https://NAME.vault.azure.net.",
    });
  }
  return { service, saltKeyVaultUrl };
}
