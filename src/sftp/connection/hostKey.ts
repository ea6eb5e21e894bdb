import { createHash } from "node:crypto";
import { Client, type ServerHostKeyAlgorithm } from "ssh2";
import { CleverLakeError } from "../../basics/errors";
import { networkError } from "../sftpErrors";
import { dial, withTimeout } from "./socket";

/** In order of preference; `ssh-rsa` (SHA-1) only for servers that support nothing newer. */
export const hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
  "ssh-rsa",
];

/** The fingerprint of a public key in SSH wire format, as `ssh-keygen -l` prints it: `SHA256:…`, unpadded base64. */
export function hostKeyFingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The algorithms for kinds of keys other than this one (wire format: length, then type name). */
export function algorithmsOfOtherKeys(key: Buffer): ServerHostKeyAlgorithm[] {
  const type = key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1");
  return hostKeyAlgorithms.filter((name) => (type === "ssh-rsa" ? !name.includes("rsa") : name !== type));
}

/** The error for a server whose key is not the pinned one. Nothing secret has been sent by then. */
export function hostKeyRefusal(address: string, expected: string | undefined, presented: string) {
  const message =
    expected === undefined
      ? `The SFTP server ${address} presents the host key ${presented}; none is trusted yet.`
      : `The SFTP server ${address} presents the host key ${presented}, but ${expected} is the trusted one.`;
  const hint =
    expected === undefined
      ? `Compare it with the key that Clever gives you; if they match, set "hostKey": "${presented}" under "sftp".`
      : `The connection may be intercepted. Only if Clever confirms a new key, set "hostKey": "${presented}" under "sftp".`;
  return new CleverLakeError("hostKey", message, { subject: address, hint });
}

/**
 * Gets a server's host key fingerprint (`SHA256:…`) and disconnects before any authentication. It proves nothing about
 * the server: a person must compare it.
 */
export async function fetchHostKey(
  host: string,
  port: number,
  signal?: AbortSignal,
  timeoutSeconds = 30,
): Promise<string> {
  const timeout = timeoutSeconds * 1000;
  const address = `${host}:${port}`;
  const socket = await dial({ host, port, timeout, ...(signal ? { signal } : {}) });
  const client = new Client();
  const presented = new Promise<string>((resolve, reject) => {
    client.on("error", (cause) => reject(networkError(`${address} does not speak SSH correctly.`, cause)));
    client.on("close", () =>
      reject(networkError(`${address} closed the connection before it presented a host key.`)),
    );
    client.connect({
      sock: socket,
      username: "",
      readyTimeout: 0,
      algorithms: { serverHostKey: [...hostKeyAlgorithms] },
      hostVerifier: (key: Buffer) => {
        resolve(hostKeyFingerprint(key));
        return false;
      },
    });
  });
  try {
    return await withTimeout(presented, address, timeout, signal);
  } finally {
    socket.destroy();
  }
}
