import { readFile } from "node:fs/promises";
import { type Config, expandHome, type Secrets } from "../config";
import { CleverLakeError } from "../errors";
import { FolderLake } from "../lake/folder";
import type { Lake } from "../lake/lake";
import { SftpSource } from "../sftp/sftpSource";

/** The server of a configuration; connects when first used. */
export async function openSource({ sftp }: Config, secrets: Secrets): Promise<SftpSource> {
  const privateKey = sftp.privateKeyPath ? await readKey(expandHome(sftp.privateKeyPath)) : undefined;
  const agent = process.env.SSH_AUTH_SOCK;
  const { password, passphrase } = secrets;
  return new SftpSource({
    host: sftp.host,
    port: sftp.port,
    username: sftp.username,
    root: sftp.root,
    connections: sftp.connections,
    timeoutSeconds: sftp.timeoutSeconds,
    ...(sftp.hostKey ? { hostKey: sftp.hostKey.replace(/=$/, "") } : {}),
    ...(password ? { password } : {}),
    ...(privateKey ? { privateKey } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(agent && !privateKey && !password ? { agent } : {}),
  });
}

export function openLake({ lake }: Config): Promise<Lake> {
  return FolderLake.open(lake.url);
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
