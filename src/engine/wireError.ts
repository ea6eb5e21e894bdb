import { ResponseError } from "vscode-jsonrpc/node";
import { asKnownError, CleverLakeError } from "../errors";
import type { WireError } from "./messages";

/** JSON-RPC leaves the codes outside -32768 to -32000 to the application; ours are in the error's data. */
const applicationError = 1;

/** An error as the engine answers with it. What is no error of ours says only its kind: its text may hold anything. */
export function toResponseError(thrown: unknown): ResponseError<WireError> {
  const error = asKnownError(thrown);
  return responseError(
    error instanceof CleverLakeError
      ? {
          code: error.code,
          message: error.message,
          subject: error.subject ?? null,
          hint: error.hint ?? null,
        }
      : {
          code: "internal",
          message: `The engine came upon a fault of its own (${kindOf(error)}).`,
          subject: null,
          hint: "The log says where. Please report it.",
        },
  );
}

/** The answer to a request that was called off. */
export function cancelled(): ResponseError<WireError> {
  return responseError({ code: "cancelled", message: "Cancelled.", subject: null, hint: null });
}

function responseError(error: WireError): ResponseError<WireError> {
  return new ResponseError(applicationError, error.message, error);
}

/** An answer of the engine as the error that it was; `cancelled` for a request that was called off. */
export function fromResponseError(error: unknown): CleverLakeError | "cancelled" {
  const data: unknown = error instanceof ResponseError ? error.data : undefined;
  if (!isWireError(data)) {
    return new CleverLakeError("internal", "The engine's answer cannot be read.", { cause: error });
  }
  const { code, message, subject, hint } = data;
  if (code === "cancelled") return "cancelled";
  return new CleverLakeError(code, message, {
    ...(subject === null ? {} : { subject }),
    ...(hint === null ? {} : { hint }),
  });
}

function isWireError(data: unknown): data is WireError {
  return typeof data === "object" && data !== null && "code" in data && "message" in data;
}

/** Where an unexpected error arose, for the log: its kind and the places of the call stack, without its text. */
export function faultReport(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const places = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return [kindOf(error), ...places].join("\n");
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  return `${error.name}${code}`;
}
