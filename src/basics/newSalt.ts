import { randomBytes } from "node:crypto";

/** A new salt: 256 bits from the operating system's cryptographic source, as text. */
export function newSalt(): string {
  return randomBytes(32).toString("base64url");
}
