import type { Duck } from "../duck/duck";
import type { Lake, LakeOptions } from "../lake/lake";

/** A lake, the engine that reads its tables, and the signal that aborts work with the two. */
export interface OpenLake extends LakeOptions {
  readonly lake: Lake;
  readonly duck: Duck;
}
