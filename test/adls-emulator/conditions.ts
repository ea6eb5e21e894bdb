import type { IncomingHttpHeaders } from "node:http";
import type { PathEntry } from "./entries";
import { StorageError } from "./errors";

type Conditional = Pick<PathEntry, "etag" | "modified" | "kind">;

/**
 * Evaluates `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since` of a read request. A GET or HEAD
 * whose copy is still valid is answered 304, every other failure 412.
 */
export function checkReadConditions(headers: IncomingHttpHeaders, entry: Conditional): void {
  const { fails, unchanged } = judge(headers, "", entry);
  if (fails) throw new StorageError("ConditionNotMet");
  if (unchanged) throw new StorageError("ConditionNotMet", { status: 304 });
}

/** The same for a write request. `If-None-Match: *` on an existing path is answered 409, as Azure does. */
export function checkWriteConditions(headers: IncomingHttpHeaders, entry: Conditional | undefined): void {
  if (entry === undefined) {
    if (headers["if-match"] !== undefined) throw new StorageError("ConditionNotMet");
    return;
  }
  if (headers["if-none-match"] === "*") {
    throw new StorageError("PathAlreadyExists", { headers: { "x-ms-existing-resource-type": entry.kind } });
  }
  const { fails, unchanged } = judge(headers, "", entry);
  if (fails || unchanged) throw new StorageError("ConditionNotMet");
}

/** The conditions on a rename's source, in `x-ms-source-if-…`. */
export function checkSourceConditions(headers: IncomingHttpHeaders, entry: Conditional): void {
  const { fails, unchanged } = judge(headers, "x-ms-source-", entry);
  if (fails || unchanged) throw new StorageError("SourceConditionNotMet");
}

function judge(headers: IncomingHttpHeaders, prefix: string, entry: Conditional) {
  const header = (name: string) => {
    const value = headers[prefix + name];
    return typeof value === "string" ? value : undefined;
  };
  const tags = (value: string) => value.split(",").map((tag) => tag.trim().replace(/^"(.*)"$/, "$1"));
  const matches = (value: string) => value === "*" || tags(value).includes(entry.etag);
  // HTTP dates have whole seconds.
  const modified = Math.floor(entry.modified / 1000) * 1000;
  const [match, noneMatch] = [header("if-match"), header("if-none-match")];
  const [since, before] = [time(header("if-modified-since")), time(header("if-unmodified-since"))];
  return {
    fails: (match !== undefined && !matches(match)) || (before !== undefined && modified > before),
    unchanged: (noneMatch !== undefined && matches(noneMatch)) || (since !== undefined && modified <= since),
  };
}

function time(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Date.parse(text);
  if (Number.isNaN(value)) throw new StorageError("InvalidHeaderValue");
  return value;
}
