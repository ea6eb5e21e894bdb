import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { Readable } from "node:stream";
import * as z from "zod";
import { CleverLakeError } from "../../basics/errors";
import { earlierSaltFingerprintPath, saltFingerprintPath } from "../../clever/layout";
import type { LakeAccess } from "../../delta/openLake";
import type { Lake, LakeOptions } from "../../lake/lake";
import { readDocument } from "../../lake/readSmall";

const cost = 2 ** 14;

/**
 * The lake keeps a fingerprint of its salt, to refuse a wrong one, but never the salt. A district's own salt may be
 * short; scrypt with its own nonce makes each guess as expensive as a login.
 */
const fingerprintSchema = z.object({
  algorithm: z.literal("scrypt"),
  // Our fingerprints have no other values, and with others scrypt would reject or use up all memory.
  cost: z.literal(cost),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
});

export type Fingerprint = z.infer<typeof fingerprintSchema>;

/**
 * Fingerprints that this process computed, each with its salt, as hashes: the next command on the same lake need not
 * spend the time again. Only the process has them, and it has the salt, too.
 */
const proven = new Set<string>();

/** Whether the fingerprint is of this salt. */
export async function isSaltOf(salt: string, stored: Fingerprint): Promise<boolean> {
  if (proven.has(proofOf(salt, stored))) return true;
  const given = await fingerprintOf(salt, stored.nonce, stored.cost);
  const matches = timingSafeEqual(given, Buffer.from(stored.fingerprint, "hex"));
  if (matches) proven.add(proofOf(salt, stored));
  return matches;
}

function proofOf(salt: string, { nonce, fingerprint }: Pick<Fingerprint, "nonce" | "fingerprint">): string {
  return createHash("sha256").update(`${nonce} ${fingerprint} `).update(salt).digest("hex");
}

/** A fingerprint of a salt, with a new nonce. */
export async function makeFingerprint(salt: string): Promise<Fingerprint> {
  const nonce = randomBytes(16).toString("hex");
  const fingerprint = (await fingerprintOf(salt, nonce, cost)).toString("hex");
  proven.add(proofOf(salt, { nonce, fingerprint }));
  return { algorithm: "scrypt", cost, nonce, fingerprint };
}

/** Stores a salt's fingerprint, unless the lake has one. Resolves to whether it was stored. */
export async function storeFingerprint(lake: Lake, salt: string, options: LakeOptions): Promise<boolean> {
  return lake.putIfAbsent(saltFingerprintPath, await fingerprintFile(salt), options);
}

/** Stores a salt's fingerprint in place of one with whose salt nothing was pseudonymized. */
export async function replaceFingerprint(
  lake: Lake,
  salt: string,
  { path }: StoredFingerprint,
  options: LakeOptions,
): Promise<void> {
  await lake.write(path, Readable.from([await fingerprintFile(salt)]), options);
}

async function fingerprintFile(salt: string): Promise<Buffer> {
  return Buffer.from(`${JSON.stringify(await makeFingerprint(salt), undefined, 2)}\n`);
}

/** The lake's fingerprint and its path. */
export interface StoredFingerprint extends Fingerprint {
  readonly path: string;
}

/** Undefined if the lake has none. Rejects with `corrupt` if it cannot be read. */
export async function readFingerprint(access: LakeAccess): Promise<StoredFingerprint | undefined> {
  return (await readAt(access, saltFingerprintPath)) ?? (await readAt(access, earlierSaltFingerprintPath));
}

async function readAt(
  { lake, ...options }: LakeAccess,
  path: string,
): Promise<StoredFingerprint | undefined> {
  const stored = await readDocument(lake, path, fingerprintSchema, options);
  if (stored !== "unreadable") return stored && { ...stored, path };
  throw new CleverLakeError(
    "corrupt",
    "The file that identifies the lake's salt is damaged; nothing was written.",
    {
      subject: path,
      hint: "Restore it from a backup. Where there is none and the lake has its lookup tables, delete it: the next run checks the salt against them and writes the file again.",
    },
  );
}

function fingerprintOf(salt: string, nonce: string, N: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(salt, Buffer.from(nonce, "hex"), 32, { N, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
