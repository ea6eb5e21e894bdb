import { createHash } from "node:crypto";
import { uniformFloat32 } from "pure-rand/distribution/uniformFloat32";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** The next number of a stream, at least 0 and below 1. */
export type Random = () => number;

/**
 * A stream of random numbers of its own for every name: the seed and the name decide all of it, whatever other
 * streams were drawn from, and in whichever order.
 */
export function randomStream(seed: number, name: string): Random {
  const digest = createHash("sha256").update(`${seed}/${name}`).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
  return () => uniformFloat32(generator);
}

/** A whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** An id in the form of Clever's: 24 hexadecimal digits. */
export function objectId(random: Random): string {
  let id = "";
  while (id.length < 24)
    id += Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, "0");
  return id;
}
