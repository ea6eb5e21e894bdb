import { contentHeaders, type PathEntry } from "./entries";
import { header, type StorageRequest } from "./request";
import { parseProperties, type StorageResponse } from "./response";
import type { Account } from "./store";

/** How Azure answers for an account: `flatWithSoftDelete` refuses the Data Lake endpoint altogether. */
export type AccountKind = "hierarchical" | "flat" | "flatWithSoftDelete";

/** What a handler works with: the request, its body and the account as it is now. */
export interface Call {
  readonly request: StorageRequest;
  readonly body: Buffer;
  readonly account: Account;
  readonly kind: AccountKind;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Carries out a request as a whole: synchronous, so that no other comes between. */
export type Handler = (call: Call) => StorageResponse;

/** Stores what a request says of a path's HTTP headers and properties. */
export function setHeadersAndProperties({ request }: Call, entry: PathEntry): void {
  for (const name of contentHeaders) {
    const value = header(request, `x-ms-${name}`) ?? header(request, `x-ms-blob-${name}`);
    if (value !== undefined) entry.headers.set(name, value);
  }
  const properties = header(request, "x-ms-properties");
  if (properties !== undefined) entry.metadata = parseProperties(properties);
}

/** `x-ms-meta-…` of the request, as the blob endpoint takes them. */
export function metadataOf(request: StorageRequest): Map<string, string> {
  const metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith("x-ms-meta-") && typeof value === "string") {
      metadata.set(name.slice("x-ms-meta-".length), value);
    }
  }
  return metadata;
}
