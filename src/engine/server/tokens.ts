import type { MessageConnection } from "vscode-jsonrpc/node";
import { CleverLakeError } from "../../basics/errors";
import type { RequestNote } from "../../lake/adls/requests";
import type { Token, TokenSource } from "../../lake/adls/tokens";
import { logMessage, tokenRequest } from "../messages/wire";
import { fromResponseError } from "../messages/wireError";

let channel: MessageConnection | undefined;

/** Lets `vscodeTokens` and `logRequest` reach the extension over this connection. A process has only one. */
export function useTokenConnection(connection: MessageConnection): void {
  channel = connection;
}

/**
 * VS Code's Microsoft account as a token source. It asks the extension for a token when one is needed, and for a new
 * one when a service rejected it, however long a run takes. No token is kept beyond its request.
 */
export function vscodeTokens(): TokenSource {
  return {
    async token(scope, refused): Promise<Token> {
      if (channel === undefined) {
        throw new CleverLakeError("auth", "VS Code's sign-in is only available within VS Code.");
      }
      try {
        return await channel.sendRequest(tokenRequest, { scope, refused: refused ?? null });
      } catch (error) {
        const answer = fromResponseError(error);
        throw answer === "cancelled" ? new CleverLakeError("auth", "The sign-in was cancelled.") : answer;
      }
    },
  };
}

/** Responses that are normal when working with a lake: something does not exist yet, or another writer was first. */
const expected = new Set([404, 409, 412, 416]);

/** Logs a failed lake request in the extension, with the id by which Azure support can find it. */
export function logRequest(note: RequestNote): void {
  const { method, path, status, code, clientRequestId, attempt, milliseconds } = note;
  if (status !== undefined && (status < 400 || expected.has(status))) return;
  const answer = [status ?? "no answer", code].filter((part) => part !== undefined).join(" ");
  const message = `Azure: ${answer} to ${method} ${path} (request ${clientRequestId}, attempt ${attempt}, ${milliseconds.toFixed(0)} ms)`;
  channel?.sendNotification(logMessage, { level: "warning", message }).catch(() => undefined);
}
