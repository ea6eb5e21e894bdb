import type { Operation } from "./operations";
import type { StorageRequest } from "./request";

/** A fault of a request. */
export type Fault =
  /** The response is delayed. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** Refused without effect, as by an account under load. */
  | { readonly kind: "busy"; readonly status: 429 | 500 | 503; readonly retryAfterSeconds?: number }
  /** The connection breaks before the request took effect. */
  | { readonly kind: "resetBefore" }
  /** The request takes effect, and the connection breaks before the response. */
  | { readonly kind: "resetAfter" }
  /** The request takes effect; the connection breaks after half of the response's body. */
  | { readonly kind: "halfAnswer" }
  /** Half of the body of an append is stored, not flushed, and the connection breaks. Other requests: `resetBefore`. */
  | { readonly kind: "halfAppend" }
  /** The connection breaks, but the request is executed later, just before the n-th request after it. */
  | { readonly kind: "late"; readonly requests: number }
  /** A rename reports its existing target folder as missing, as Azure does under load (HADOOP-18242). */
  | { readonly kind: "missedParent" }
  /** The token is refused as expired, whatever it is. */
  | { readonly kind: "expiredToken" }
  /** The identity lacks the role for this request. */
  | { readonly kind: "forbidden" };

/** Selects the requests that get a fault. All given conditions must hold. */
export interface FaultRule {
  readonly fault: Fault;
  /** The request's number, counting from 1 since the start or the last `clearLog`. */
  readonly number?: number;
  readonly operation?: Operation;
  /** A part of the decoded `FILESYSTEM/PATH`. */
  readonly pathIncludes?: string;
  /** In this process only. */
  readonly when?: (request: StorageRequest) => boolean;
  /** How many requests get the fault; one by default. */
  readonly times?: number;
}

/** The pending faults. */
export class Faults {
  readonly #waiting: { readonly rule: FaultRule; left: number }[] = [];

  add(rule: FaultRule): void {
    this.#waiting.push({ rule, left: rule.times ?? 1 });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  /** Takes the fault for a request. */
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
