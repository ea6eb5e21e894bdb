import { CleverLakeError } from "../../basics/errors";
import { checkSaltText, minSaltLength, type SaltText, weaknessTexts } from "../../basics/saltText";
import { saltFingerprintPath } from "../../clever/layout";
import type { Lake } from "../../lake/lake";
import {
  isSaltOf,
  readFingerprint,
  replaceFingerprint,
  type StoredFingerprint,
  storeFingerprint,
} from "./saltFingerprint";
import { hasPseudonyms, saltOfLookups } from "./saltOfLookups";

/** A salt that was checked against a lake. */
export interface CheckedSalt {
  /** The form that the lake uses. */
  readonly salt: string;
  readonly evidence: SaltEvidence;
  /** The lake's fingerprint when the salt was checked; undefined if it had none. */
  readonly stored: StoredFingerprint | undefined;
  /** Notes for the user about the salt, as sentences; they do not show it. */
  readonly notes: readonly string[];
}

/**
 * The evidence that a salt is the lake's: its `fingerprint`, or its `lookups` if that is lost. A `new` lake takes any
 * salt: it has no pseudonyms, but may have the fingerprint of a salt with which nothing was pseudonymized. An
 * `unproven` lake has pseudonyms, but no evidence of their salt.
 */
export type SaltEvidence = "fingerprint" | "lookups" | "new" | "unproven";

/**
 * Checks a salt against the lake; writes nothing. White space around it is ignored, unless the lake was pseudonymized
 * with it, for example with a line break: then the lake keeps using that. Rejects with code `salt` if the lake was
 * pseudonymized with another salt, or if the lake is new and does not accept the salt.
 */
export async function checkedSaltFor(lake: Lake, given: string, signal?: AbortSignal): Promise<CheckedSalt> {
  const text = checkSaltText(given);
  const { salt: trimmed, weakness } = text;
  const found = await findSalt(lake, given, signal);
  if (found === undefined) throw saltMismatch(lake);
  const { salt, evidence, stored } = found;
  if (evidence === "new") requireFitForNewLake(lake, text);
  const notes: string[] = [];
  if (salt !== trimmed) {
    notes.push("This lake was pseudonymized with white space around its salt, and continues with that.");
  } else if (salt !== given) notes.push("White space around the salt was removed.");
  if (weakness !== undefined) {
    notes.push(
      `The salt is ${weaknessTexts[weakness]}, so pseudonyms can be reversed by guessing it. This lake cannot change it: give few people access to stage2p.`,
    );
  }
  return { salt, evidence, stored, notes };
}

/** The salts with which a lake may have been pseudonymized, if this was given as its salt. */
export function formsOf(given: string): string[] {
  const { salt: trimmed } = checkSaltText(given);
  return [...new Set([given, trimmed, `${trimmed}\n`, `${trimmed}\r\n`])];
}

/** The form of a salt that is the lake's, or may become it; undefined if there is none. */
async function findSalt(
  lake: Lake,
  given: string,
  signal: AbortSignal | undefined,
): Promise<Omit<CheckedSalt, "notes"> | undefined> {
  const { salt: trimmed } = checkSaltText(given);
  const forms = formsOf(given);
  const stored = await readFingerprint({ lake, signal });
  if (stored !== undefined) {
    for (const salt of forms)
      if (await isSaltOf(salt, stored)) return { salt, evidence: "fingerprint", stored };
    return (await hasPseudonyms(lake, signal)) ? undefined : { salt: trimmed, evidence: "new", stored };
  }
  // Without this check, any salt would be accepted after a fingerprint was lost.
  const found = await saltOfLookups(lake, forms, signal);
  if (found === "differs") return undefined;
  return typeof found === "string"
    ? { salt: trimmed, evidence: found, stored }
    : { salt: found.salt, evidence: "lookups", stored };
}

/**
 * Makes a checked salt the lake's, unless it is already. To be called by the holder of the run's lock, so that nobody
 * else pseudonymizes in the meantime. Rejects with `salt` if the lake has had pseudonyms with another one since the
 * check.
 *
 * @param claim.requireHeld rejects if another run has taken over the lake
 * @param claim.isProven whether other evidence shows that an `unproven` salt is the lake's
 */
export async function claimCheckedSalt(
  lake: Lake,
  { salt, evidence, stored: before }: CheckedSalt,
  claim: {
    readonly requireHeld: () => Promise<void>;
    readonly isProven?: boolean;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const options = { signal: claim.signal };
  // Another run may have stored one since the check.
  const stored = await readFingerprint({ lake, ...options });
  if (stored !== undefined) {
    const isChecked = evidence === "fingerprint" && stored.nonce === before?.nonce;
    if (isChecked || (await isSaltOf(salt, stored))) return;
    if (await hasPseudonyms(lake, claim.signal)) throw saltMismatch(lake);
  } else if (evidence === "unproven" && claim.isProven !== true) throw unprovenSalt();
  await claim.requireHeld();
  if (stored !== undefined) await replaceFingerprint(lake, salt, stored, options);
  else if (!(await storeFingerprint(lake, salt, options))) {
    // Of another run; or of this one, if the response was lost before the request was repeated.
    const now = await readFingerprint({ lake, ...options });
    if (now === undefined || !(await isSaltOf(salt, now))) throw saltMismatch(lake);
  }
}

/**
 * The state of a salt for a lake. `unclaimed`: a new lake, which may still refuse a salt that is easy to guess
 * (`checkSaltText`). `unproven`: a lake without evidence. Writes nothing.
 */
export async function checkSalt(
  lake: Lake,
  given: string,
  signal?: AbortSignal,
): Promise<"matches" | "differs" | "unclaimed" | "unproven"> {
  const found = await findSalt(lake, given, signal);
  if (found === undefined) return "differs";
  if (found.evidence === "new") return "unclaimed";
  return found.evidence === "unproven" ? "unproven" : "matches";
}

export function saltMismatch(lake: Lake): CleverLakeError {
  return new CleverLakeError("salt", "This lake was pseudonymized with another salt; nothing was written.", {
    subject: lake.url,
    hint: "Set CLEVER_SALT to the salt that was used before. With another one the same person would get a second pseudonym.",
  });
}

/** Rejects with code `salt` if a salt is easy to guess, or in quotation marks that were hardly intended. */
export function requireFitForNewLake({ url: subject }: Lake, { weakness, isQuoted }: SaltText): void {
  if (weakness !== undefined) {
    throw new CleverLakeError(
      "salt",
      `The salt is ${weaknessTexts[weakness]}: a new lake does not accept it, because pseudonyms could be reversed by guessing it. Nothing was written.`,
      {
        subject,
        hint: `Generate a new one, or enter one of ${minSaltLength} random characters or more, and protect it like a password.`,
      },
    );
  }
  if (!isQuoted) return;
  throw new CleverLakeError(
    "salt",
    "The salt is in quotation marks, which would be part of it: a new lake does not accept it. Nothing was written.",
    { subject, hint: "Enter it without the quotation marks." },
  );
}

function unprovenSalt(): CleverLakeError {
  return new CleverLakeError(
    "salt",
    "The lake's salt fingerprint is missing, and no lookup table shows whether this salt is the same; nothing was written.",
    {
      subject: saltFingerprintPath,
      hint: "Restore the file from a backup of the lake. Or import a roster with students of this lake, which also proves the salt.",
    },
  );
}
