import { createHash } from "node:crypto";
import { uniformFloat32 } from "pure-rand/distribution/uniformFloat32";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** Returns the next number of a stream, at least 0 and below 1. */
export type Random = () => number;

/**
 * A separate stream of random numbers for every name: it depends only on the seed and the name, not on the other
 * streams.
 */
export function randomStream(seed: number, name: string): Random {
  const digest = createHash("sha256").update(`${seed}/${name}`).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
  return () => uniformFloat32(generator);
}

/** A whole number from `low` to `high`, both inclusive. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** An id in Clever's format: 24 hexadecimal digits. */
export function objectId(random: Random): string {
  let id = "";
  while (id.length < 24)
    id += Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, "0");
  return id;
}
