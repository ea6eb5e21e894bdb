import { type Config, readConfig, type Secrets, secretsFrom } from "../config";
import { sftpAccount } from "../connect/account";
import { saltOf } from "../connect/salt";
import { CleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import { openLakeAt } from "../lake/open";
import { SftpSource } from "../sftp/sftpSource";
import type { CommandContext, CommonOptions } from "./command";

/** The server of a configuration; connects on first use. */
export async function openSource({ sftp }: Config, secrets: Secrets): Promise<SftpSource> {
  return new SftpSource(await sftpAccount(sftp, secrets));
}

/** The lake of a configuration; a folder is created by the first write, and Azure is contacted on first use. */
export function openLake({ lake }: Config, secrets: Secrets): Promise<Lake> {
  if (lake.auth === "vscode") {
    throw new CleverLakeError("config", "VS Code's sign-in is not available on the command line.", {
      hint: 'Set "auth" under "lake" to "default", "sharedKey" or "sas".',
    });
  }
  return openLakeAt({ ...lake, accountKey: secrets.lakeAccountKey, sas: secrets.lakeSas });
}

/** The salt of a configuration; undefined if none is configured. */
export function readSalt(
  { saltKeyVaultUrl }: Config,
  { salt }: Secrets,
  signal: AbortSignal,
): Promise<string | undefined> {
  return saltOf(salt, saltKeyVaultUrl, {}, signal);
}

/** A command's configuration and secrets, with the lake that they open and a way to read the salt. */
export async function opened(options: CommonOptions, { environment, signal }: CommandContext) {
  const config = await readConfig(options.config);
  const secrets = secretsFrom(environment);
  const lake = await openLake(config, secrets);
  return { config, secrets, lake, readSalt: () => readSalt(config, secrets, signal) };
}
