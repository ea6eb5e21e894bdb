import { NotificationType, ProgressType, RequestType } from "vscode-jsonrpc/node";
import type { LogMessage, TokenAnswer, TokenParams, WireError } from "./messages";
import type { EngineCall } from "./protocol";

/**
 * The kinds of messages other than calls, which are sent by their method. It is separate from `protocol.ts`, so that code
 * that only refers to a call does not load JSON-RPC: the extension does so while VS Code starts.
 */
export function progressOf<Params, Result, Progress>(_call: EngineCall<Params, Result, Progress>) {
  return new ProgressType<Progress>();
}

/** From the engine: a message for the log. */
export const logMessage = new NotificationType<LogMessage>("log");

/** From the engine: a token of VS Code's Microsoft account is needed; `refused` is one that a service rejected. */
export const tokenRequest = new RequestType<TokenParams, TokenAnswer, WireError>("token");
