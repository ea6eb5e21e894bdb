import type { Operation } from "./operations";
import type { StorageRequest } from "./request";

/** What goes wrong with a request. */
export type Fault =
  /** Answers later. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** Refuses without any effect, as an account under load does. */
  | { readonly kind: "busy"; readonly status: 429 | 500 | 503; readonly retryAfterSeconds?: number }
  /** The connection breaks before the request took effect. */
  | { readonly kind: "resetBefore" }
  /** The request takes effect, and the connection breaks before the client hears of it. */
  | { readonly kind: "resetAfter" }
  /** The request takes effect; half of the answer's body arrives and the connection breaks. */
  | { readonly kind: "halfAnswer" }
  /** Half of the body of an append is stored, not flushed, and the connection breaks. Other requests: `resetBefore`. */
  | { readonly kind: "halfAppend" }
  /** The connection breaks, and the request is carried out all the same, just before the so manieth request after it. */
  | { readonly kind: "late"; readonly requests: number }
  /** A rename misses the folder that it goes into, as Azure under load does although it is there (HADOOP-18242). */
  | { readonly kind: "missedParent" }
  /** The token is refused as expired, whatever it is. */
  | { readonly kind: "expiredToken" }
  /** The identity lacks the role for this request. */
  | { readonly kind: "forbidden" };

/** Which requests a fault meets. All that is given must hold. */
export interface FaultRule {
  readonly fault: Fault;
  /** The request's number, counting from 1 since the start or the last `clearLog`. */
  readonly number?: number;
  readonly operation?: Operation;
  /** Found in the decoded `FILESYSTEM/PATH`. */
  readonly pathIncludes?: string;
  /** In this process only. */
  readonly when?: (request: StorageRequest) => boolean;
  /** How many requests it meets before it is spent; without it, one. */
  readonly times?: number;
}

/** The faults that are waiting for their requests. */
export class Faults {
  readonly #waiting: { readonly rule: FaultRule; left: number }[] = [];

  add(rule: FaultRule): void {
    this.#waiting.push({ rule, left: rule.times ?? 1 });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  /** The fault for a request, which counts as met. */
  take(request: StorageRequest): Fault | undefined {
    const met = this.#waiting.find(({ rule }) => matches(rule, request));
    if (met === undefined) return undefined;
    met.left -= 1;
    if (met.left <= 0) this.#waiting.splice(this.#waiting.indexOf(met), 1);
    return met.rule.fault;
  }
}

function matches(rule: FaultRule, request: StorageRequest): boolean {
  return (
    (rule.number === undefined || rule.number === request.number) &&
    (rule.operation === undefined || rule.operation === request.operation) &&
    (rule.pathIncludes === undefined ||
      `${request.fileSystem}/${request.path}`.includes(rule.pathIncludes)) &&
    (rule.when === undefined || rule.when(request))
  );
}
