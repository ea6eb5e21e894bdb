import { RestError } from "@azure/storage-file-datalake";

/** The service's error code, such as `PathNotFound`; for a lost connection, Node's. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof RestError)) return undefined;
  const details = error.details as { errorCode?: unknown } | undefined;
  const named = details?.errorCode ?? error.response?.headers.get("x-ms-error-code") ?? error.code;
  return typeof named === "string" ? named : undefined;
}

/** The response's status; undefined without a response. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof RestError ? error.statusCode : undefined;
}

/** The code of a response that did not come from Azure; the error's message is the status. */
export const notFromAzureCode = "AnsweredInPlace";

/**
 * Whether the response came from Azure. A content filter's page can have status 200 or 404, and must not be mistaken
 * for a file or for a missing file.
 */
export function isFromAzure(headers: { get(name: string): string | undefined }): boolean {
  return (headers.get("x-ms-request-id") ?? headers.get("x-ms-error-code")) !== undefined;
}

/** The code for a token of a tenant other than the account's; the error's message is the account's tenant. */
export const wrongTenantCode = "WrongTenant";

/** Whether we refused the connection because of the certificate. */
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

/** Whether an account cannot return a path's access rights because it has no hierarchical namespace. */
export function hasNoHierarchy(error: unknown): boolean {
  const others = ["InvalidHeaderValue", "InvalidUri", "InvalidAuthenticationInfo", "InvalidResourceName"];
  return statusOf(error) === 400 && !others.includes(codeOf(error) ?? "");
}

/** Whether a condition such as `If-None-Match: *` did not hold. */
export function isRefusedByCondition(error: unknown): boolean {
  const status = statusOf(error);
  if (status === 412) return true;
  return status === 409 && ["PathAlreadyExists", "BlobAlreadyExists"].includes(codeOf(error) ?? "");
}
