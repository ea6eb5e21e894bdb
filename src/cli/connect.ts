import { readFile } from "node:fs/promises";
import { reportNamesOnServer } from "../clever/fileNames";
import { type Config, expandHome, type Secrets } from "../config";
import { CleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import { openLakeAt } from "../lake/open";
import { findAgent } from "../sftp/agent";
import { SftpSource } from "../sftp/sftpSource";

/** The server of a configuration; connects when first used. */
export async function openSource({ sftp }: Config, secrets: Secrets): Promise<SftpSource> {
  const privateKey = sftp.privateKeyPath ? await readKey(expandHome(sftp.privateKeyPath)) : undefined;
  const { password, passphrase } = secrets;
  const agent = privateKey || password ? undefined : await findAgent();
  return new SftpSource({
    host: sftp.host,
    port: sftp.port,
    username: sftp.username,
    root: sftp.root,
    connections: sftp.connections,
    timeoutSeconds: sftp.timeoutSeconds,
    names: reportNamesOnServer,
    ...(sftp.hostKey ? { hostKey: sftp.hostKey.replace(/=$/, "") } : {}),
    ...(password ? { password } : {}),
    ...(privateKey ? { privateKey } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(agent ? { agent } : {}),
  });
}

/** The lake of a configuration; a folder is made where it is missing, and Azure is spoken to when first used. */
export function openLake({ lake }: Config, secrets: Secrets): Promise<Lake> {
  if (lake.auth === "vscode") {
    throw new CleverLakeError("config", "The sign-in of VS Code is not there on the command line.", {
      hint: 'Set "auth" under "lake" to "default", "sharedKey" or "sas".',
    });
  }
  return openLakeAt({ ...lake, accountKey: secrets.lakeAccountKey, sas: secrets.lakeSas });
}

/** The salt: the one given, else that of the key vault, where one is set. */
export async function readSalt(
  { saltKeyVaultUrl }: Config,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (secrets.salt !== undefined || saltKeyVaultUrl === undefined) return secrets.salt;
  const { saltFromKeyVault } = await import("../lake/adls/keyVault");
  return saltFromKeyVault({ url: saltKeyVaultUrl }, signal);
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw new CleverLakeError("config", "The private key cannot be read.", {
      subject: file,
      hint: `Check "privateKeyPath" under "sftp".`,
    });
  }
}
