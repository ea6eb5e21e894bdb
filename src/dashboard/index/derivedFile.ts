import { statSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { crc32 } from "node:zlib";
import { version } from "../../../package.json";

/** What a stored value was computed from, and by what: any other makes it worthless. */
export interface DerivedKey {
  readonly name: string;
  /** The files that the index is stored in. */
  readonly index: string;
}

const headerBytes = 8;

/** A value's bytes: CRC-32 of the rest and length of the key as 32 bits each, the key, the value. */
export function encodeDerived(key: DerivedKey, value: unknown): Buffer[] {
  const body = [Buffer.from(keyText(key)), serialize(value)];
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(
    body.reduce((crc, part) => crc32(part, crc), 0),
    0,
  );
  header.writeUInt32LE(body[0]?.length ?? 0, 4);
  return [header, ...body];
}

/** The value, undefined where the bytes are damaged or of another key or program; it is what was encoded for the key. */
export function decodeDerived(bytes: Buffer, key: DerivedKey): unknown {
  if (bytes.length < headerBytes) return undefined;
  const wanted = Buffer.from(keyText(key));
  const valueAt = headerBytes + bytes.readUInt32LE(4);
  if (!bytes.subarray(headerBytes, valueAt).equals(wanted)) return undefined;
  if (crc32(bytes.subarray(headerBytes)) !== bytes.readUInt32LE(0)) return undefined;
  return deserialize(bytes.subarray(valueAt));
}

function keyText({ name, index }: DerivedKey): string {
  return JSON.stringify([name, index, program()]);
}

/** Changes with the program, since another program may compute something else, or in another form. */
function program(): string {
  const file = process.argv[1];
  const { mtimeMs, size } = (file && statSync(file, { throwIfNoEntry: false })) || { mtimeMs: 0, size: 0 };
  return `${version} ${process.version} ${mtimeMs} ${size}`;
}
