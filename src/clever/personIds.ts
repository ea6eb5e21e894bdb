import { shape } from "./shape";

/**
 * What stands in the place of a person's id and is none. Pseudonyms are made of an id's bytes, so an id that a program
 * rewrote would count its person twice, and a text that a program writes for many people would count them as one. What
 * is sound stays as it is, to the byte.
 */
export type IdFinding =
  /** The cell says in a program's word that there is no id; it counts as blank. */
  | "nothing"
  /** Why no id can be read from the cell, with the cell's shape and never its value. */
  | { readonly reason: string };

/** What pandas, R, spreadsheets (in English, Spanish and German), databases and languages write for no value. */
const wordsOfLetters = ["null", "nil", "none", "nan", "na", "n/a", "undefined"] as const;
const wordsWithMarks = [
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
const wordsForNothing: ReadonlySet<string> = new Set([...wordsOfLetters, ...wordsWithMarks]);
const dashes = /^[-\u2010-\u2015.]{1,3}$/;

/** White space but for the plain space, control and format characters, and others that nobody sees. */
const hiddenCharacter = [
  "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000",
  "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]",
].join("");
const hasHidden = new RegExp(hiddenCharacter, "u");
const aroundId = new RegExp(`^(?:${hiddenCharacter}| )+|(?:${hiddenCharacter}| )+$`, "gu");

/** A long number as spreadsheets (`1.23457E+11`), R (`1e+05`) and Java (`1.23E8`) write it: its last digits may be lost. */
const roundedNumber = "[0-9]{1,3}(?:[eE][+]|[.,][0-9]+[eE][+]?)[0-9]{1,3}";
/** An id that went through a column of numbers: `12345.0`, or `12,345` in groups of three. */
const formattedNumber = "[0-9]+[.,]0+|[0-9]{1,3}(?:,[0-9]{3})+";
const isRounded = new RegExp(`^(?:${roundedNumber})$`);
const isFormatted = new RegExp(`^(?:${formattedNumber})$`);
const isError = /^#[¡¿]?[\p{L}\d_/]+[!?]$|^#GETTING_DATA$|^Err:\d{3}$|^#{2,}$/iu;
const quoteOrFormula = /^[='"`\u2018-\u201f\u00ab\u2039]|["`\u2018-\u201f\u00bb\u203a]$/;
/** What takes the place of letters that were lost in an encoding. */
const lostLetter = "\ufffd";

/** Says what is wrong with the id of a person; undefined for a sound one. */
export function judgeId(text: string): IdFinding | undefined {
  const bare = text.replace(aroundId, "");
  if (bare === "" || wordsForNothing.has(bare.toLowerCase()) || dashes.test(bare)) return "nothing";
  const because = (what: string): IdFinding => ({ reason: `${what} (the cell looks like ${shape(text)}).` });
  if (bare !== text || hasHidden.test(text)) {
    return because("White space or an invisible character stands around or within the id");
  }
  if (isError.test(text)) return because("A spreadsheet's error stands in place of the id");
  if (quoteOrFormula.test(text)) return because("A quotation mark or a formula stands around the id");
  if (isRounded.test(text)) {
    return because("The id was rounded by a spreadsheet or another program: its last digits are lost");
  }
  if (isFormatted.test(text)) return because("A program took the id for a number and wrote it as one");
  if (text.includes(lostLetter)) return because("A letter of the id was lost in another encoding");
  if (!/[\p{L}\p{N}]/u.test(text)) return because("No letter and no digit stands in place of the id");
  if (text !== text.normalize("NFC")) {
    return because(
      "The id has accents as characters of their own; elsewhere they are parts of their letters",
    );
  }
  return undefined;
}

/** An SQL condition that a text is one of the words for nothing, for the engine to choose between two cells. */
export function isNothingSql(cell: string, literal: (text: string) => string): string {
  return `lower(trim(${cell})) IN (${[...wordsForNothing, "-", "--", "."].map(literal).join(", ")})`;
}

/** What nearly all ids look like: letters and a digit, with hyphens within; or a word. */
const plainForms = {
  withDigit: "[A-Za-z]*[0-9](?:[0-9A-Za-z_-]*[0-9A-Za-z])?",
  word: "[A-Za-z](?:[.@_ -]?[0-9A-Za-z])*",
};

/**
 * An SQL condition that holds for all ids of which `judgeId` says something, and for few others. It is told by ASCII
 * alone: patterns with Unicode's classes take longer to prepare than a small file takes to read.
 *
 * @param cell an SQL expression of the text
 * @param literal makes a text an SQL literal
 */
export function suspectIdSql(cell: string, literal: (text: string) => string): string {
  const has = (form: string) => `regexp_full_match(${cell}, ${literal(form)})`;
  const words = wordsOfLetters.map(literal).join(", ");
  return `NOT ${has(plainForms.withDigit)} AND (NOT ${has(plainForms.word)} OR lower(${cell}) IN (${words}))`;
}

/** A pattern of ids of which `judgeId` says nothing, and of the words for nothing that it takes for ids as well. */
export const plainId = {
  form: `${plainForms.withDigit}|${plainForms.word}`,
  except: `(?i:${wordsOfLetters.join("|")})`,
} as const;
