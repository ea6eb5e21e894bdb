/** Characters that could control a terminal, or reorder text. */
export const unsafeCharacters = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text from outside (names, paths) with these characters made visible. */
export function plain(text: string): string {
  return text.replace(unsafeCharacters, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
