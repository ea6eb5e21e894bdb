/** Azure's codes with their HTTP status and message, from the error table of the public REST reference. */
const table = {
  AuthenticationFailed: [
    403,
    "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
  ],
  AuthorizationFailure: [403, "This request is not authorized to perform this operation."],
  AuthorizationPermissionMismatch: [
    403,
    "This request is not authorized to perform this operation using this permission.",
  ],
  AuthorizationProtocolMismatch: [
    403,
    "This request is not authorized to perform this operation using this protocol.",
  ],
  AuthorizationResourceTypeMismatch: [
    403,
    "This request is not authorized to perform this operation using this resource type.",
  ],
  AuthorizationServiceMismatch: [
    403,
    "This request is not authorized to perform this operation using this service.",
  ],
  ConditionNotMet: [412, "The condition specified using HTTP conditional header(s) is not met."],
  ContentLengthMustBeZero: [400, "The Content-Length request header must be zero."],
  DirectoryNotEmpty: [
    409,
    "The recursive query parameter value must be true to delete a non-empty directory.",
  ],
  EndpointUnsupportedAccountFeatures: [
    409,
    "This endpoint does not support BlobStorageEvents or SoftDelete. Please disable these account features if you would like to use this endpoint.",
  ],
  FilesystemAlreadyExists: [409, "The specified filesystem already exists."],
  FilesystemNotFound: [404, "The specified filesystem does not exist."],
  HierarchicalNamespaceNotEnabled: [
    400,
    "This operation is only supported on a hierarchical namespace account.",
  ],
  InternalError: [500, "The server encountered an internal error. Please retry the request."],
  InvalidAuthenticationInfo: [
    401,
    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
  ],
  InvalidBlockList: [400, "The specified block list is invalid."],
  InvalidDestinationPath: [
    409,
    "The specified path, or an element of the path, exists and its resource type is invalid for this operation.",
  ],
  InvalidFlushOperation: [
    409,
    "The resource was created or modified by the Blob Service API and cannot be written to by the Data Lake Storage Service API.",
  ],
  InvalidFlushPosition: [
    400,
    "The uploaded data is not contiguous or the position query parameter value is not equal to the length of the file after appending the uploaded data.",
  ],
  InvalidHeaderValue: [400, "The value for one of the HTTP headers is not in the correct format."],
  InvalidInput: [400, "One of the request inputs is not valid."],
  InvalidPropertyName: [400, "The property name contains invalid characters."],
  InvalidQueryParameterValue: [
    400,
    "Value for one of the query parameters specified in the request URI is invalid.",
  ],
  InvalidRange: [416, "The range specified is invalid for the current size of the resource."],
  InvalidRenameSourcePath: [
    409,
    "The source directory cannot be the same as the destination directory, nor can the destination be a subdirectory of the source directory.",
  ],
  InvalidResourceName: [400, "The specified resource name contains invalid characters."],
  InvalidSourceOrDestinationResourceType: [
    409,
    "The source and destination resource type must be identical.",
  ],
  InvalidSourceUri: [400, "The source URI is invalid."],
  InvalidUri: [400, "The request URI is invalid."],
  LeaseAlreadyPresent: [409, "There is already a lease present."],
  LeaseIdMismatch: [412, "The lease ID specified did not match the lease ID for the resource."],
  LeaseIdMismatchWithLeaseOperation: [
    409,
    "The lease ID specified did not match the lease ID for the resource with the specified lease operation.",
  ],
  LeaseIdMissing: [
    412,
    "There is currently a lease on the resource and no lease ID was specified in the request.",
  ],
  LeaseIsBreakingAndCannotBeAcquired: [
    409,
    "The lease ID matched, but the lease is currently in breaking state and cannot be acquired until it is broken.",
  ],
  LeaseIsBreakingAndCannotBeChanged: [
    409,
    "The lease ID matched, but the lease is currently in breaking state and cannot be changed.",
  ],
  LeaseIsBrokenAndCannotBeRenewed: [
    409,
    "The lease ID matched, but the lease has been broken explicitly and cannot be renewed.",
  ],
  LeaseLost: [412, "A lease ID was specified, but the lease for the resource has expired."],
  LeaseNotPresent: [412, "There is currently no lease on the resource."],
  LeaseNotPresentWithLeaseOperation: [409, "The lease ID is not present with the specified lease operation."],
  Md5Mismatch: [
    400,
    "The MD5 value specified in the request did not match the MD5 value calculated by the server.",
  ],
  MissingRequiredHeader: [400, "An HTTP header that's mandatory for this request is not specified."],
  MissingRequiredQueryParameter: [
    400,
    "A query parameter that's mandatory for this request is not specified.",
  ],
  NoAuthenticationInformation: [
    401,
    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
  ],
  NotImplemented: [501, "The requested operation is not implemented on the specified resource."],
  // For OneLake, whose pages specify no code.
  OperationNotAllowed: [403, "This operation is not allowed through this interface; use Fabric instead."],
  OutOfRangeQueryParameterValue: [
    400,
    "One of the query parameters specified in the request URI is outside the permissible range.",
  ],
  PathAlreadyExists: [409, "The specified path already exists."],
  PathConflict: [
    409,
    "The specified path, or an element of the path, exists and its resource type is invalid for this operation.",
  ],
  PathNotFound: [404, "The specified path does not exist."],
  RenameDestinationParentPathNotFound: [404, "The parent directory of the destination path does not exist."],
  ResourceNotFound: [404, "The specified resource does not exist."],
  ServerBusy: [503, "The server is currently unable to receive requests. Please retry your request."],
  SourceConditionNotMet: [412, "The source condition specified using HTTP conditional header(s) is not met."],
  SourcePathNotFound: [404, "The source path for a rename operation does not exist."],
  TooManyRequests: [429, "The request is being throttled. Please retry your request."],
  UnsupportedHttpVerb: [405, "The resource doesn't support the specified HTTP verb."],
} as const satisfies Record<string, readonly [number, string]>;

export type ErrorCode = keyof typeof table;

/** The blob endpoint's name for the same error. */
const blobNames: Partial<Record<ErrorCode, string>> = {
  DirectoryNotEmpty: "DirectoryIsNotEmpty",
  FilesystemAlreadyExists: "ContainerAlreadyExists",
  FilesystemNotFound: "ContainerNotFound",
  LeaseIdMismatch: "LeaseIdMismatchWithBlobOperation",
  LeaseNotPresent: "LeaseNotPresentWithBlobOperation",
  PathAlreadyExists: "BlobAlreadyExists",
  PathNotFound: "BlobNotFound",
};

const blobMessages: Partial<Record<ErrorCode, string>> = {
  FilesystemAlreadyExists: "The specified container already exists.",
  FilesystemNotFound: "The specified container does not exist.",
  PathAlreadyExists: "The specified blob already exists.",
  PathNotFound: "The specified blob does not exist.",
};

interface ErrorDetails {
  readonly status?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Azure's `AuthenticationErrorDetail`. */
  readonly detail?: string;
}

/** An Azure error response. */
export class StorageError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #detail: string | undefined;
  readonly #message: string | undefined;

  constructor(code: ErrorCode, { status, message, headers, detail }: ErrorDetails = {}) {
    super(`${code}: ${message ?? table[code][1]}`);
    this.code = code;
    this.status = status ?? table[code][0];
    this.headers = headers ?? {};
    this.#detail = detail;
    this.#message = message;
  }

  codeAt(endpoint: "dfs" | "blob"): string {
    return (endpoint === "blob" ? blobNames[this.code] : undefined) ?? this.code;
  }

  /** The error as the endpoint writes it: JSON from `dfs`, XML from `blob`. */
  bodyAt(endpoint: "dfs" | "blob", requestId: string): { type: string; text: string } {
    const code = this.codeAt(endpoint);
    const plain =
      this.#message ?? (endpoint === "blob" ? blobMessages[this.code] : undefined) ?? table[this.code][1];
    const message = `${plain}\nRequestId:${requestId}\nTime:${new Date().toISOString()}`;
    if (endpoint === "dfs") {
      const detail =
        this.#detail === undefined ? {} : { detail: { AuthenticationErrorDetail: this.#detail } };
      return {
        type: "application/json;charset=utf-8",
        text: JSON.stringify({ error: { code, message, ...detail } }),
      };
    }
    const detail =
      this.#detail === undefined
        ? ""
        : `<AuthenticationErrorDetail>${xml(this.#detail)}</AuthenticationErrorDetail>`;
    return {
      type: "application/xml",
      text: `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${xml(message)}</Message>${detail}</Error>`,
    };
  }
}

/** Escapes text for XML. */
export function xml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
