import { shape } from "./shape";

/**
 * Values in place of a person's id that are not ids. Pseudonyms are computed from an id's bytes. An id that a program
 * rewrote would count its person twice, and a text that a program writes for many people would count them as one.
 * Valid ids are kept byte for byte.
 */
export type IdFinding =
  /** The cell has a placeholder for a missing id; it counts as blank. */
  | "placeholder"
  /** Why the cell has no readable id, with its shape but never its value. */
  | { readonly reason: string };

/** What pandas, R, spreadsheets (in English, Spanish and German), databases and languages write for a missing value. */
const plainWords = ["null", "nil", "none", "nan", "na", "n/a", "undefined"] as const;
const symbolWords = [
  "(null)",
  "[null]",
  "<null>",
  "<nil>",
  "<none>",
  "<na>",
  "<n/a>",
  "\\n",
  "-nan",
  "#n/a",
  "#n/a n/a",
  "#na",
  "#n/d",
  "#¡n/d!",
  "#nv",
  "#null!",
];
const placeholders: ReadonlySet<string> = new Set([...plainWords, ...symbolWords]);
const dashes = "[-\u2010-\u2015.]{1,3}";
const isDashes = new RegExp(`^${dashes}$`);

/** White space other than the plain space, control and format characters, and other invisible ones. */
const hiddenCharacter = [
  "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000",
  "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]",
].join("");
const hasHidden = new RegExp(hiddenCharacter, "u");
const idPaddingSource = `^(?:${hiddenCharacter}| )+|(?:${hiddenCharacter}| )+$`;
const idPadding = new RegExp(idPaddingSource, "gu");

/**
 * A long number in the notation of spreadsheets (`1.23457E+11`), R (`1e+05`) or Java (`1.23E8`). Its last digits may
 * be lost.
 */
const roundedNumber = "[0-9]{1,3}(?:[eE][+]|[.,][0-9]+[eE][+]?)[0-9]{1,3}";
/** An id that passed through a numeric column: `12345.0`, or `12,345` in groups of three. */
const formattedNumber = "[0-9]+[.,]0+|[0-9]{1,3}(?:,[0-9]{3})+";
const isRounded = new RegExp(`^(?:${roundedNumber})$`);
const isFormatted = new RegExp(`^(?:${formattedNumber})$`);
const isError = /^#[¡¿]?[\p{L}\d_/]+[!?]$|^#GETTING_DATA$|^Err:\d{3}$|^#{2,}$/iu;
const quoteOrFormula = /^[='"`\u2018-\u201f\u00ab\u2039]|["`\u2018-\u201f\u00bb\u203a]$/;
/** The replacement character for letters that were lost in an encoding error. */
const replacementCharacter = "\ufffd";

/** What is wrong with a person's id; undefined if it is valid. */
export function judgeId(text: string): IdFinding | undefined {
  const bare = text.replace(idPadding, "");
  if (bare === "" || placeholders.has(bare.toLowerCase()) || isDashes.test(bare)) return "placeholder";
  const because = (what: string): IdFinding => ({ reason: `${what} (the cell looks like ${shape(text)}).` });
  if (bare !== text || hasHidden.test(text)) {
    return because("There is white space or an invisible character around or within the id");
  }
  if (isError.test(text)) return because("There is a spreadsheet error in place of the id");
  if (quoteOrFormula.test(text)) return because("The id is in quotation marks or a formula");
  if (isRounded.test(text)) {
    return because("The id was rounded by a spreadsheet or another program: its last digits are lost");
  }
  if (isFormatted.test(text)) return because("A program read the id as a number and reformatted it");
  if (text.includes(replacementCharacter)) return because("A letter of the id was lost in an encoding error");
  if (!/[\p{L}\p{N}]/u.test(text)) return because("The id has no letters or digits");
  if (text !== text.normalize("NFC")) {
    return because("The id has accents as separate characters; in other ids they are part of the letters");
  }
  return undefined;
}

/** An SQL condition that `judgeId` calls a text a placeholder, for the engine to choose between two cells. */
export function isPlaceholderSql(cell: string, literal: (text: string) => string): string {
  const bare = `regexp_replace(${cell}, ${literal(idPaddingSource)}, '', 'g')`;
  const words = ["", ...placeholders].map(literal).join(", ");
  return `(lower(${bare}) IN (${words}) OR regexp_full_match(${bare}, ${literal(dashes)}))`;
}

/** The formats of nearly all ids: letters and a digit, with hyphens inside; or a word. */
const plainForms = {
  withDigit: "[A-Za-z]*[0-9](?:[0-9A-Za-z_-]*[0-9A-Za-z])?",
  word: "[A-Za-z](?:[.@_ -]?[0-9A-Za-z])*",
};

/**
 * An SQL condition that holds for all ids for which `judgeId` has a finding, and for few others. It uses ASCII only:
 * patterns with Unicode classes take longer to compile than a small file takes to read.
 *
 * @param cell an SQL expression of the text
 * @param literal makes a text an SQL literal
 */
export function suspectIdSql(cell: string, literal: (text: string) => string): string {
  const has = (form: string) => `regexp_full_match(${cell}, ${literal(form)})`;
  const words = plainWords.map(literal).join(", ");
  return `NOT ${has(plainForms.withDigit)} AND (NOT ${has(plainForms.word)} OR lower(${cell}) IN (${words}))`;
}

/** A pattern of ids for which `judgeId` has no finding, and of the placeholders that it also accepts as ids. */
export const plainId = {
  form: `${plainForms.withDigit}|${plainForms.word}`,
  except: `(?i:${plainWords.join("|")})`,
} as const;
