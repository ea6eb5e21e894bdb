import type { Fault } from "./faults";
import type { Operation } from "./operations";
import type { StorageRequest } from "./request";

/** A logged request. */
export interface LoggedRequest {
  /** In the order of arrival, from 1. */
  readonly number: number;
  readonly method: string;
  /** Path and query; a SAS's signature is left out. */
  readonly url: string;
  readonly operation: Operation;
  readonly fileSystem: string;
  readonly path: string;
  /** 0 if the connection was interrupted, by the client or by a fault. */
  readonly status: number;
  /** Azure's error code, if it was refused. */
  readonly code?: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly clientRequestId?: string;
  /** The injected fault. */
  readonly fault?: Fault["kind"];
}

/** The emulator's requests, in the order of completion. */
export class RequestLog {
  readonly #done: LoggedRequest[] = [];
  #lastNumber = 0;

  get requests(): readonly LoggedRequest[] {
    return this.#done;
  }

  nextNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  /** Clears the log; the next request has number 1. */
  clear(): void {
    this.#done.length = 0;
    this.#lastNumber = 0;
  }

  add(
    { number, method, url, operation, fileSystem, path, headers }: StorageRequest,
    outcome: {
      readonly status: number;
      readonly code?: string | undefined;
      readonly bytesIn: number;
      readonly bytesOut: number;
    },
    fault: Fault | undefined,
  ): void {
    const { code, ...sizes } = outcome;
    const clientRequestId = headers["x-ms-client-request-id"];
    this.#done.push({
      ...{ number, method, operation, fileSystem, path, ...sizes },
      url: url.replace(/([?&]sig=)[^&]*/, "$1…"),
      ...(code === undefined ? {} : { code }),
      ...(fault === undefined ? {} : { fault: fault.kind }),
      ...(typeof clientRequestId === "string" ? { clientRequestId } : {}),
    });
  }
}
