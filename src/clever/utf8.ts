import { isUtf8 } from "node:buffer";

/** Checks whether bytes that arrive in pieces are UTF-8. Characters may be split between pieces. */
export class Utf8Check {
  private isValid = true;
  private rest: Buffer = Buffer.alloc(0);

  add(chunk: Uint8Array): void {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.rest.length > 0 ? Buffer.concat([this.rest, piece]) : piece;
    const end = bytes.length - unfinishedBytes(bytes);
    this.isValid &&= isUtf8(bytes.subarray(0, end));
    this.rest = Buffer.from(bytes.subarray(end));
  }

  /** Whether all bytes so far are UTF-8, with a complete last character. */
  isUtf8(): boolean {
    return this.isValid && this.rest.length === 0;
  }
}

/** How many bytes at the end belong to an incomplete character. */
function unfinishedBytes(bytes: Buffer): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const byte = bytes[bytes.length - count] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return characterLength(byte) > count ? count : 0;
  }
  return 0;
}

function characterLength(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  return firstByte >= 0xe0 ? 3 : 2;
}
