/** Why a salt is too easy to guess. */
export type SaltWeakness = "short" | "placeholder" | "repeated";

/** A salt as given by a user. */
export interface SaltText {
  /** Without white space, line ends and byte-order marks around it. */
  readonly salt: string;
  readonly weakness: SaltWeakness | undefined;
  /** Whether it is in quotation marks, which are part of it. They may come from the file that sets the environment. */
  readonly isQuoted: boolean;
}

/**
 * Pseudonyms are plain SHA-256. A graphics card computes about 10^10 of these per second, and anyone who knows one
 * pupil's id can try salts. 16 random characters are at least 64 bits, even as hexadecimal digits: that takes
 * decades.
 */
export const minSaltLength = 16;

/** Adjectives for a weak salt in messages: "The salt is …". */
export const weaknessTexts: Readonly<Record<SaltWeakness, string>> = {
  short: `shorter than ${minSaltLength} characters`,
  placeholder: "a placeholder",
  repeated: "only a few characters, repeated",
};

/** Checks a salt without the lake, as it came from the environment, a key vault or an input box. */
export function checkSaltText(text: string): SaltText {
  const salt = text.replace(padding, "");
  return { salt, weakness: weaknessOf(salt), isQuoted: quoted.test(salt) };
}

/** White space, control characters and invisible ones such as a byte-order mark. */
const padding = /^[\s\p{Cc}\p{Cf}]+|[\s\p{Cc}\p{Cf}]+$/gu;

const quoted = /^(?:".*"|'.*'|`.*`|“.*”|‘.*’)$/s;

function weaknessOf(salt: string): SaltWeakness | undefined {
  if (isPlaceholder(salt)) return "placeholder";
  const characters = [...salt];
  if (characters.length < minSaltLength) return "short";
  return isRepeated(characters) ? "repeated" : undefined;
}

const placeholderWords =
  "bar baz change clever default demo district dummy enter example fill foo goes here insert key lake me my none null " +
  "oea password paste placeholder please put random replace salt sample secret some test the this todo undefined " +
  "value with xxx your";
const onlyPlaceholderWords = new RegExp(`^(?:${placeholderWords.replaceAll(" ", "|")})+$`);
/** A template placeholder that was never replaced. */
const unreplacedPlaceholder =
  /^(?:<.*>|\[.*\]|\{\{.*\}\}|%\w+%|\$\{.*\}|\$\(.*\)|\$[A-Z_]+|@Microsoft\.KeyVault\(.*\))$/s;
/** A longer text of such words is hard to guess. */
const maxPlaceholderLength = 60;

function isPlaceholder(salt: string): boolean {
  if (unreplacedPlaceholder.test(salt)) return true;
  const letters = salt.toLowerCase().replace(/[^a-z]/g, "");
  // If there are few letters, the other characters may well be random.
  const isText = salt.length <= maxPlaceholderLength && 2 * letters.length >= salt.length;
  return isText && onlyPlaceholderWords.test(letters);
}

const minDistinct = 5;

/** One block repeated, hardly any distinct characters, or consecutive ones such as `abcdef…`. */
function isRepeated(characters: readonly string[]): boolean {
  if (new Set(characters).size < minDistinct) return true;
  const maxBlockLength = Math.min(minSaltLength - 1, Math.floor(characters.length / 2));
  for (let block = 1; block <= maxBlockLength; block++) {
    if (characters.every((character, at) => at < block || character === characters[at - block])) return true;
  }
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, at) => code - (codes[at] ?? 0)));
  return steps.size === 1;
}
