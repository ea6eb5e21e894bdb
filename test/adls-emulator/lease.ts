import { randomUUID } from "node:crypto";
import { StorageError } from "./errors";

export type LeaseState = "available" | "leased" | "expired" | "breaking" | "broken";

/** The lease on a path or file system, after the state table of "Lease Blob". Times are milliseconds. */
export class Lease {
  #id: string | undefined;
  /** Seconds; -1 for a lease without end. */
  #duration = 0;
  #expires = Number.POSITIVE_INFINITY;
  #broken: number | undefined;

  state(now: number): LeaseState {
    if (this.#id === undefined) return "available";
    if (this.#broken !== undefined) return now >= this.#broken ? "broken" : "breaking";
    return now >= this.#expires ? "expired" : "leased";
  }

  /** The headers `x-ms-lease-…` of a path's properties. */
  headers(now: number): Record<string, string> {
    const state = this.state(now);
    const locked = state === "leased" || state === "breaking";
    return {
      "x-ms-lease-state": state,
      "x-ms-lease-status": locked ? "locked" : "unlocked",
      ...(state === "leased" ? { "x-ms-lease-duration": this.#duration === -1 ? "infinite" : "fixed" } : {}),
    };
  }

  acquire(proposed: string | undefined, seconds: number, now: number): string {
    if (seconds !== -1 && (seconds < 15 || seconds > 60)) throw new StorageError("InvalidHeaderValue");
    const state = this.state(now);
    if (state === "breaking") {
      throw new StorageError(
        proposed === this.#id ? "LeaseIsBreakingAndCannotBeAcquired" : "LeaseAlreadyPresent",
      );
    }
    if (state === "leased" && proposed !== this.#id) throw new StorageError("LeaseAlreadyPresent");
    this.#id = proposed ?? randomUUID();
    this.#duration = seconds;
    this.#start(now);
    return this.#id;
  }

  renew(id: string, now: number): string {
    const state = this.#mustMatch(id, now);
    if (state === "broken" || state === "breaking") throw new StorageError("LeaseIsBrokenAndCannotBeRenewed");
    this.#start(now);
    return id;
  }

  change(id: string, proposed: string, now: number): string {
    if (this.#id === proposed && this.state(now) === "leased") return proposed;
    const state = this.#mustMatch(id, now);
    if (state === "breaking") throw new StorageError("LeaseIsBreakingAndCannotBeChanged");
    if (state !== "leased") throw new StorageError("LeaseNotPresentWithLeaseOperation");
    this.#id = proposed;
    return proposed;
  }

  release(id: string, now: number): void {
    this.#mustMatch(id, now);
    this.#clear();
  }

  /** Breaks the lease; returns the seconds until another can be acquired. */
  break(period: number | undefined, now: number): number {
    const state = this.state(now);
    if (state === "available") throw new StorageError("LeaseNotPresentWithLeaseOperation");
    if (state === "broken" || state === "expired") {
      this.#broken = now;
      return 0;
    }
    const left = this.#duration === -1 ? 0 : Math.max(0, Math.ceil((this.#expires - now) / 1000));
    const limit = this.#duration === -1 ? (period ?? 0) : Math.min(period ?? left, left);
    const breaking =
      this.#broken === undefined ? limit : Math.min(limit, Math.ceil((this.#broken - now) / 1000));
    this.#broken = now + breaking * 1000;
    return breaking;
  }

  /** Refuses a write without the lease. */
  checkWrite(id: string | undefined, now: number): void {
    const state = this.state(now);
    const locked = state === "leased" || state === "breaking";
    if (locked && id === undefined) throw new StorageError("LeaseIdMissing");
    this.checkGiven(id, now);
    // After a write without a lease, an ended lease can no longer be renewed.
    if (!locked) this.#clear();
  }

  /** Refuses a request that names a missing lease. */
  checkGiven(id: string | undefined, now: number): void {
    if (id === undefined) return;
    const state = this.state(now);
    if (state === "available") throw new StorageError("LeaseNotPresent");
    if (id !== this.#id) throw new StorageError("LeaseIdMismatch");
    if (state === "expired" || state === "broken") throw new StorageError("LeaseLost");
  }

  #mustMatch(id: string, now: number): LeaseState {
    const state = this.state(now);
    if (state === "available" || id !== this.#id) throw new StorageError("LeaseIdMismatchWithLeaseOperation");
    return state;
  }

  #start(now: number): void {
    this.#broken = undefined;
    this.#expires = this.#duration === -1 ? Number.POSITIVE_INFINITY : now + this.#duration * 1000;
  }

  #clear(): void {
    this.#id = undefined;
    this.#broken = undefined;
    this.#expires = Number.POSITIVE_INFINITY;
  }
}
