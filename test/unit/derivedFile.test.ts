import { expect, test } from "vitest";
import { decodeDerived, encodeDerived } from "../../src/dashboard/index/derivedFile";

const key = { name: "prepared for 10", tables: "some rows" };
const value = {
  names: [{ school: "Ñandú “Nord” Grade 1", grade: null }],
  hasGrades: false,
  lists: [[1, 2], []],
  parts: {
    empty: new Uint32Array(0),
    bytes: Uint8Array.of(1, 2, 3),
    numbers: Float64Array.of(1.5, Number.NaN, -0, Number.POSITIVE_INFINITY),
    signed: Int32Array.of(-1, 2 ** 31 - 1),
    masks: Uint32Array.of(2 ** 32 - 1, 7),
  },
};

function fileOf(...parts: readonly Uint8Array[]): ArrayBuffer {
  return new Uint8Array(Buffer.concat(parts)).buffer;
}

test.each([0, 1, 2, 3, 4, 5, 6, 7])(
  "a value comes back as it was, whatever the length of its text (+%i)",
  (more) => {
    const longer = { ...value, more: "x".repeat(more) };
    expect(decodeDerived(fileOf(...encodeDerived(key, longer)), key)).toEqual(longer);
  },
);

test("arrays are not copied, neither into the file's parts nor out of its bytes", () => {
  const parts = encodeDerived(key, value);
  expect(parts.some(({ buffer }) => buffer === value.parts.masks.buffer)).toBe(true);
  const file = fileOf(...parts);
  const read = decodeDerived(file, key) as typeof value;
  expect(read.parts.masks.buffer).toBe(file);
});

test("a value of other tables or by another name is none", () => {
  const file = fileOf(...encodeDerived(key, value));
  expect(decodeDerived(file, { ...key, tables: "other rows" })).toBeUndefined();
  expect(decodeDerived(file, { ...key, name: "prepared for 1" })).toBeUndefined();
});

test("damaged bytes are no value, wherever the damage is", () => {
  const file = new Uint8Array(fileOf(...encodeDerived(key, value)));
  for (let at = 0; at < file.length; at++) {
    const damaged = file.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(decodeDerived(damaged.buffer, key)).toBeUndefined();
    expect(decodeDerived(file.slice(0, at).buffer, key)).toBeUndefined();
  }
});

test("what JSON and typed arrays cannot hold is refused when it is stored", () => {
  expect(() => encodeDerived(key, { days: new BigInt64Array(1) })).toThrow(
    "A BigInt64Array cannot be stored.",
  );
});
