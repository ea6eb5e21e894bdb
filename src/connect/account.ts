import { readFile } from "node:fs/promises";
import { CleverLakeError } from "../basics/errors";
import { reportNamesOnServer } from "../clever/fileNames";
import { type Config, expandHome, type Secrets } from "../config";
import { findAgent } from "../sftp/connection/agent";
import type { SftpSourceConfig } from "../sftp/sftpSource";

/**
 * The account on the server. Without a key or a password, an SSH agent is used if there is one. Rejects with `config` if
 * the private key file cannot be read.
 */
export async function sftpAccount(sftp: Config["sftp"], secrets: Secrets): Promise<SftpSourceConfig> {
  const { password, passphrase } = secrets;
  const privateKey = await readKey(sftp.privateKeyPath);
  const agent = privateKey || password ? undefined : await findAgent();
  return {
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
  };
}

async function readKey(file: string | undefined): Promise<string | undefined> {
  if (!file) return undefined;
  try {
    return await readFile(expandHome(file), "utf8");
  } catch {
    throw new CleverLakeError("config", "The private key cannot be read.", {
      subject: file,
      hint: `Check "privateKeyPath" under "sftp".`,
    });
  }
}
