import { statSync } from "node:fs";
import { crc32 } from "node:zlib";
import { version } from "../../../package.json";

/** What a stored value was computed from, and by what: any other makes it worthless. */
export interface DerivedKey {
  readonly name: string;
  /** Stands for the tables' rows. */
  readonly tables: string;
}

/**
 * A value's file: CRC-32 of the rest and length of the text as 32 bits each, the key and the value as JSON text, then
 * the value's typed arrays, which the text refers to by their place. Each begins at a multiple of eight bytes, so that
 * it can be read where it lies: they are most of a value that is as large as this process should be. Little-endian, as
 * in the memory of every machine that VS Code runs on.
 */
const headerBytes = 8;

const arrayTypes = { Uint8Array, Int32Array, Uint32Array, Float64Array } as const;
type ArrayType = keyof typeof arrayTypes;
type StoredArray = InstanceType<(typeof arrayTypes)[ArrayType]>;
/** Stands for an array in the text: its type, length, and first byte behind the text. */
interface Reference {
  readonly $array: ArrayType;
  readonly length: number;
  readonly at: number;
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;
const bytesOf = ({ buffer, byteOffset, byteLength }: StoredArray) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** A value of JSON and typed arrays as parts of a file, which are views of the value's own memory. */
export function encodeDerived(key: DerivedKey, value: unknown): Uint8Array[] {
  const arrays: Uint8Array[] = [];
  let end = 0;
  const refer = (_: string, part: unknown): unknown => {
    const type = arrayTypeOf(part);
    if (type === undefined) return part;
    const array = part as StoredArray;
    const reference: Reference = { $array: type, length: array.length, at: end };
    // Nothing empty goes in: zlib's CRC of nothing begins anew.
    const padding = aligned(array.byteLength) - array.byteLength;
    if (array.length > 0) arrays.push(bytesOf(array));
    if (padding > 0) arrays.push(new Uint8Array(padding));
    end += aligned(array.byteLength);
    return reference;
  };
  const json = JSON.stringify([keyOf(key), value], refer);
  const textEnd = headerBytes + Buffer.byteLength(json);
  // Spaces, as many as take the arrays to a multiple of eight; JSON does not mind them.
  const text = Buffer.from(json + " ".repeat(aligned(textEnd) - textEnd));
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(text.length, 4);
  const body = [header.subarray(4), text, ...arrays];
  header.writeUInt32LE(
    body.reduce((crc, part) => crc32(part, crc), 0),
    0,
  );
  return [header, text, ...arrays];
}

/** The value, its arrays as views of the bytes; undefined where these are damaged or of another key or program. */
export function decodeDerived(bytes: ArrayBuffer, key: DerivedKey): unknown {
  if (bytes.byteLength < headerBytes) return undefined;
  const buffer = Buffer.from(bytes);
  const textEnd = headerBytes + buffer.readUInt32LE(4);
  const start = Buffer.from(`[${JSON.stringify(keyOf(key))},`);
  // The key first: a file of others need not be read to its end.
  if (!buffer.subarray(headerBytes, headerBytes + start.length).equals(start)) return undefined;
  if (crc32(buffer.subarray(4)) !== buffer.readUInt32LE(0)) return undefined;
  const [, value]: [unknown, unknown] = JSON.parse(
    buffer.toString("utf8", headerBytes, textEnd),
    (_, part: unknown) =>
      isReference(part) ? new arrayTypes[part.$array](bytes, textEnd + part.at, part.length) : part,
  );
  return value;
}

function arrayTypeOf(part: unknown): ArrayType | undefined {
  if (!ArrayBuffer.isView(part)) return undefined;
  const { name } = part.constructor;
  if (name in arrayTypes) return name as ArrayType;
  throw new TypeError(`A ${name} cannot be stored.`);
}

function isReference(part: unknown): part is Reference {
  return typeof part === "object" && part !== null && "$array" in part;
}

/** Another program may compute something else, or in another form. */
function keyOf({ name, tables }: DerivedKey): readonly string[] {
  const file = process.argv[1];
  const { mtimeMs, size } = (file && statSync(file, { throwIfNoEntry: false })) || { mtimeMs: 0, size: 0 };
  return [name, tables, `${version} ${process.version} ${mtimeMs} ${size}`];
}
