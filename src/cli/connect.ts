import { CleverLakeError } from "../basics/errors";
import { type ConfigFile, readConfig, type Secrets, secretsFrom } from "../config";
import { sftpAccount } from "../connect/account";
import { saltOf } from "../connect/salt";
import type { Lake } from "../lake/lake";
import { openLakeAt } from "../lake/open";
import type { CommandContext, CommonOptions } from "./command";

/** The lake of a configuration; a folder is created by the first write, and Azure is contacted on first use. */
export function openLake({ lake }: ConfigFile, secrets: Secrets): Promise<Lake> {
  if (lake.auth === "vscode") {
    throw new CleverLakeError("config", "VS Code's sign-in is not available on the command line.", {
      hint: 'Set "auth" under "lake" to "default", "sharedKey" or "sas".',
    });
  }
  return openLakeAt({ ...lake, accountKey: secrets.lakeAccountKey, sas: secrets.lakeSas });
}

/** A command's configuration, and what it names. */
export async function openConfigured(options: CommonOptions, { environment, signal }: CommandContext) {
  const config = await readConfig(options.config);
  const secrets = secretsFrom(environment);
  return {
    config,
    lake: await openLake(config, secrets),
    /** Undefined if none is configured. */
    readSalt: () => saltOf(secrets.salt, config.saltKeyVaultUrl, {}, signal),
    /** The server; connects on first use. Rejects with `config` if none is configured. */
    openSource: async () => {
      if (config.sftp === undefined) throw noServer(options.config);
      // Loaded only when needed.
      const { SftpSource } = await import("../sftp/sftpSource");
      return new SftpSource(await sftpAccount(config.sftp, secrets));
    },
  };
}

function noServer(file: string): CleverLakeError {
  return new CleverLakeError("config", "The configuration names no server, which this command needs.", {
    subject: file,
    hint: 'Add "sftp" with "host" and "username".',
  });
}
