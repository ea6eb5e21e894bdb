import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import type { StorageError } from "./errors";
import type { StorageResponse } from "./response";

/** The whole body; undefined if the client broke off within it. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch (error) {
    if (!incoming.destroyed) throw error;
    return undefined;
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** Azure's error response. */
export function refusal(error: StorageError, endpoint: "dfs" | "blob", requestId: string): StorageResponse {
  const { type, text } = error.bodyAt(endpoint, requestId);
  const headers = { "x-ms-error-code": error.codeAt(endpoint), ...error.headers };
  if (error.status === 304) return { status: 304, headers };
  return { status: error.status, headers: { ...headers, "content-type": type }, body: [Buffer.from(text)] };
}

/** The bytes of a response's body, if the method has one. */
export function bodyLength(response: StorageResponse, method: string | undefined): number {
  return method === "HEAD" ? 0 : (response.body ?? []).reduce((sum, part) => sum + part.length, 0);
}

/**
 * Sends a response.
 * @param half sends only half of the body, with headers for all of it, and breaks the connection
 */
export async function send(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  response: StorageResponse,
  { requestId, half }: { readonly requestId: string; readonly half: boolean },
): Promise<void> {
  const isHead = incoming.method === "HEAD";
  const length = bodyLength(response, incoming.method);
  const [version, clientRequestId] = [
    incoming.headers["x-ms-version"],
    incoming.headers["x-ms-client-request-id"],
  ];
  outgoing.writeHead(response.status, {
    server: "Windows-Azure-HDFS/1.0",
    "x-ms-request-id": requestId,
    "x-ms-version": typeof version === "string" ? version : "2023-11-03",
    ...(typeof clientRequestId === "string" ? { "x-ms-client-request-id": clientRequestId } : {}),
    ...(isHead || response.status === 304 ? {} : { "content-length": String(length) }),
    ...response.headers,
  });
  let left = half ? Math.floor(length / 2) : length;
  for (const part of isHead ? [] : (response.body ?? [])) {
    if (left <= 0) break;
    const piece = part.subarray(0, left);
    left -= piece.length;
    // Without waiting, a slow reader of a large file would have all of it queued here.
    if (!outgoing.write(piece)) await Promise.race([once(outgoing, "drain"), once(outgoing, "close")]);
    if (outgoing.destroyed) return;
  }
  if (!half) outgoing.end();
  // Called back when the data has been handed to the system.
  else outgoing.write("", () => breakOff(incoming));
}

/** Resets the connection. */
export function breakOff({ socket }: IncomingMessage): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
