import { contentHeaders, type PathEntry } from "./entries";
import { header, type StorageRequest } from "./request";
import { parseProperties, type StorageResponse } from "./response";
import type { Account } from "./store";

/** The kind of account: `flatWithSoftDelete` refuses the Data Lake endpoint altogether. */
export type AccountKind = "hierarchical" | "flat" | "flatWithSoftDelete";

/** A handler's input: the request, its body and the account's current state. */
export interface Call {
  readonly request: StorageRequest;
  readonly body: Buffer;
  readonly account: Account;
  readonly kind: AccountKind;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Executes a request atomically: synchronous, so that no other is interleaved. */
export type Handler = (call: Call) => StorageResponse;

/** Stores a path's HTTP headers and properties from a request. */
export function setHeadersAndProperties({ request }: Call, entry: PathEntry): void {
  for (const name of contentHeaders) {
    const value = header(request, `x-ms-${name}`) ?? header(request, `x-ms-blob-${name}`);
    if (value !== undefined) entry.headers.set(name, value);
  }
  const properties = header(request, "x-ms-properties");
  if (properties !== undefined) entry.metadata = parseProperties(properties);
}

/** `x-ms-meta-…` of the request, in the blob endpoint's form. */
export function metadataOf(request: StorageRequest): Map<string, string> {
  const metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith("x-ms-meta-") && typeof value === "string") {
      metadata.set(name.slice("x-ms-meta-".length), value);
    }
  }
  return metadata;
}
