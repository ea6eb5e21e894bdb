import type { MessageConnection } from "vscode-jsonrpc/node";
import { CleverLakeError } from "../errors";
import type { RequestNote } from "../lake/adls/requests";
import type { Token, TokenSource } from "../lake/adls/tokens";
import { logMessage, tokenRequest } from "./wire";
import { fromResponseError } from "./wireError";

let channel: MessageConnection | undefined;

/** Lets `vscodeTokens` ask, and `logRequest` tell, the extension behind this connection. A process has one. */
export function askForTokensOver(connection: MessageConnection): void {
  channel = connection;
}

/**
 * VS Code's Microsoft account as a source of tokens: the extension is asked for one when it is needed, and for another
 * when the service took it no longer, however long a run lasts. None is kept beyond the request that it was for.
 */
export function vscodeTokens(): TokenSource {
  return {
    async token(scope, refused): Promise<Token> {
      if (channel === undefined) {
        throw new CleverLakeError("auth", "VS Code's sign-in is only there within VS Code.");
      }
      try {
        return await channel.sendRequest(tokenRequest, { scope, refused: refused ?? null });
      } catch (error) {
        const answer = fromResponseError(error);
        throw answer === "cancelled" ? new CleverLakeError("auth", "The sign-in was called off.") : answer;
      }
    },
  };
}

/** Answers that belong to how a lake is worked with: nothing is there yet, or another was first. */
const expected = new Set([404, 409, 412, 416]);

/** Puts a request to the lake that went wrong into the extension's log, with the id by which Azure's support finds it. */
export function logRequest(note: RequestNote): void {
  const { method, path, status, code, clientRequestId, attempt, milliseconds } = note;
  if (status !== undefined && (status < 400 || expected.has(status))) return;
  const answer = [status ?? "no answer", code].filter((part) => part !== undefined).join(" ");
  const message = `Azure: ${answer} to ${method} ${path} (request ${clientRequestId}, attempt ${attempt}, ${milliseconds.toFixed(0)} ms)`;
  channel?.sendNotification(logMessage, { level: "warning", message }).catch(() => undefined);
}
