import { ResponseError } from "vscode-jsonrpc/node";
import { CleverLakeError, translateSystemError } from "../../basics/errors";
import type { WireError } from "./messages";

/** JSON-RPC reserves -32768 to -32000 and leaves other codes to the application; ours are in the error's data. */
const applicationError = 1;

/**
 * An error in the form that the engine sends. For an error that is not ours, only its kind is sent, because its text
 * may contain anything.
 */
export function toResponseError(thrown: unknown): ResponseError<WireError> {
  const error = translateSystemError(thrown);
  if (error instanceof CleverLakeError) {
    const { code, message, subject, hint } = error;
    return responseError({ code, message, subject, hint });
  }
  return responseError({
    code: "internal",
    message: `The engine has an internal error (${kindOf(error)}).`,
    hint: "See the log for its origin, and please report it.",
  });
}

/** The answer to a cancelled request. */
export function cancelled(): ResponseError<WireError> {
  return responseError({ code: "cancelled", message: "Cancelled." });
}

function responseError(error: WireError): ResponseError<WireError> {
  return new ResponseError(applicationError, error.message, error);
}

/** Converts the engine's answer back into the original error; `cancelled` for a cancelled request. */
export function fromResponseError(error: unknown): CleverLakeError | "cancelled" {
  const data: unknown = error instanceof ResponseError ? error.data : undefined;
  if (!isWireError(data)) {
    return new CleverLakeError("internal", "The engine's answer cannot be read.", { cause: error });
  }
  const { code, message, subject, hint } = data;
  if (code === "cancelled") return "cancelled";
  return new CleverLakeError(code, message, { subject, hint });
}

function isWireError(data: unknown): data is WireError {
  return typeof data === "object" && data !== null && "code" in data && "message" in data;
}

/** The origin of an unexpected error, for the log: its kind and the call stack's locations, without its text. */
export function errorOrigin(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const places = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return [kindOf(error), ...places].join("\n");
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  return `${error.name}${code}`;
}
