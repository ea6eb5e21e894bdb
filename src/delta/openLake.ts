import type { Duck } from "../duck/duck";
import type { Lake, LakeOptions } from "../lake/lake";

/** A lake, and the signal that aborts work with it. */
export interface LakeAccess extends LakeOptions {
  readonly lake: Lake;
}

/** A lake with the engine that reads its tables. */
export interface OpenLake extends LakeAccess {
  readonly duck: Duck;
}
