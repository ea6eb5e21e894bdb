import { RestError } from "@azure/storage-file-datalake";

/** The service's name for what went wrong, such as `PathNotFound`; for a lost connection, Node's. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof RestError)) return undefined;
  const details = error.details as { errorCode?: unknown } | undefined;
  const named = details?.errorCode ?? error.response?.headers.get("x-ms-error-code") ?? error.code;
  return typeof named === "string" ? named : undefined;
}

/** The answer's status; undefined where none came. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof RestError ? error.statusCode : undefined;
}

/** The code of an answer that is not Azure's; its message is the status. */
export const answeredInPlaceCode = "AnsweredInPlace";

/**
 * Whether it was Azure that answered. A content filter's page comes with 200 or 404 as it likes, and must pass neither
 * for a file nor for one that is missing.
 */
export function isFromAzure(headers: { get(name: string): string | undefined }): boolean {
  return (headers.get("x-ms-request-id") ?? headers.get("x-ms-error-code")) !== undefined;
}

/** The code of a refusal of a token that is of another tenant than the account; its message is the account's. */
export const wrongTenantCode = "WrongTenant";

/** Whether the connection was refused from here, for the certificate that was shown. */
export function isUntrusted({ code }: RestError): boolean {
  return isCertificateCode(code ?? "");
}

/** Whether Node's code of an error says that a certificate is not trusted, such as `SELF_SIGNED_CERT_IN_CHAIN`. */
export function isCertificateCode(code: string): boolean {
  return /CERT|UNABLE_TO_VERIFY/.test(code);
}

/** Whether there is no such file, folder or file system. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404;
}

export function isMissingFileSystem(error: unknown): boolean {
  return isMissing(error) && ["FilesystemNotFound", "ContainerNotFound"].includes(codeOf(error) ?? "");
}

/** Whether an account refused to tell a path's access rights since it has none: it has no hierarchical namespace. */
export function isFlat(error: unknown): boolean {
  const others = ["InvalidHeaderValue", "InvalidUri", "InvalidAuthenticationInfo", "InvalidResourceName"];
  return statusOf(error) === 400 && !others.includes(codeOf(error) ?? "");
}

/** Whether a condition such as `If-None-Match: *` did not hold. */
export function isRefusedByCondition(error: unknown): boolean {
  const status = statusOf(error);
  if (status === 412) return true;
  return status === 409 && ["PathAlreadyExists", "BlobAlreadyExists"].includes(codeOf(error) ?? "");
}
