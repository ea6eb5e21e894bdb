import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { saltFingerprintPath } from "../clever/layout";
import { CleverLakeError, isCleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import { lookupsAgree } from "./lookupSalt";

const cost = 2 ** 14;

/**
 * The lake keeps a fingerprint of its salt, so that a wrong one is refused, and never the salt. A district's own
 * salt may be short; scrypt with a nonce of its own makes each guess at it cost what a log-in costs.
 */
const fingerprintSchema = z.object({
  algorithm: z.literal("scrypt"),
  // Whatever else stands there, no fingerprint of ours has it, and scrypt would refuse it or take all memory.
  cost: z.literal(cost),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * Holds a salt against the lake's fingerprint; a lake without one takes this salt's, if its lookup tables agree. Of
 * two first runs with different salts one wins and the other is refused.
 * Rejects with code `salt`, before anything else was written, when the lake was pseudonymized with another salt.
 */
export async function claimSalt(lake: Lake, salt: string, signal?: AbortSignal): Promise<void> {
  const options = signal ? { signal } : {};
  let stored = await readFingerprint(lake, options);
  if (stored === undefined) {
    if (!(await lookupsAgree(lake, salt, signal))) throw otherSalt(lake);
    const nonce = randomBytes(16).toString("hex");
    const fingerprint = (await fingerprintOf(salt, nonce, cost)).toString("hex");
    const record = { algorithm: "scrypt", cost, nonce, fingerprint };
    const data = Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`);
    if (await lake.putIfAbsent(saltFingerprintPath, data, options)) return;
    stored = await readFingerprint(lake, options);
  }
  if (stored === undefined || !(await matches(salt, stored))) throw otherSalt(lake);
}

function otherSalt(lake: Lake): CleverLakeError {
  return new CleverLakeError("salt", "This lake was pseudonymized with another salt; nothing was written.", {
    subject: lake.url,
    hint: "Give the salt that was used before (CLEVER_SALT). With another one the same person would get a second pseudonym.",
  });
}

/** How a salt stands to a lake; `unclaimed` is one that was pseudonymized with none yet. Writes nothing. */
export async function checkSalt(
  lake: Lake,
  salt: string,
  signal?: AbortSignal,
): Promise<"matches" | "differs" | "unclaimed"> {
  const stored = await readFingerprint(lake, signal ? { signal } : {});
  if (stored === undefined) return (await lookupsAgree(lake, salt, signal)) ? "unclaimed" : "differs";
  return (await matches(salt, stored)) ? "matches" : "differs";
}

type Fingerprint = z.infer<typeof fingerprintSchema>;

async function matches(salt: string, stored: Fingerprint): Promise<boolean> {
  const given = await fingerprintOf(salt, stored.nonce, stored.cost);
  return timingSafeEqual(given, Buffer.from(stored.fingerprint, "hex"));
}

async function readFingerprint(
  lake: Lake,
  options: { signal?: AbortSignal },
): Promise<Fingerprint | undefined> {
  try {
    return fingerprintSchema.parse(
      JSON.parse((await lake.read(saltFingerprintPath, options)).toString("utf8")),
    );
  } catch (error) {
    if (isCleverLakeError(error, "notFound")) return undefined;
    if (error instanceof z.ZodError || error instanceof SyntaxError) {
      throw new CleverLakeError(
        "corrupt",
        "The file that tells whether a salt is the lake's is damaged; nothing was written.",
        {
          subject: saltFingerprintPath,
          hint: "Restore it from a backup. Where there is none and the lake has its lookup tables, delete it: the next run holds the salt against these and writes the file anew.",
        },
      );
    }
    throw error;
  }
}

function fingerprintOf(salt: string, nonce: string, N: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(salt, Buffer.from(nonce, "hex"), 32, { N, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
