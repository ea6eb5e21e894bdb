/** A part of a text: unchanged, or the name of an invisible character. */
export interface TextPart {
  readonly text: string;
  readonly control: boolean;
}

/**
 * Controls, line and paragraph separators, and format characters: zero-width ones, directional marks and overrides,
 * tags. They have no glyph, or can make a text read as another one. Joiners shape letters and emoji in many languages;
 * anywhere else they only hide.
 */
const joinable = String.raw`[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]`;
const invisible = new RegExp(
  String.raw`((?!(?<=${joinable})[\u200c\u200d]${joinable})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0])`,
  "u",
);

const controls =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " ",
  );

/** Splits a text so that every character is visible. */
export function visibleText(text: string): TextPart[] {
  // What the pattern captures is every other part.
  return text
    .split(invisible)
    .map((part, index) => ({ text: index % 2 === 1 ? nameOf(part) : part, control: index % 2 === 1 }))
    .filter((part) => part.text !== "");
}

/** The ASCII name of a control (LF), which every font can show, else the code point (U+202E). */
function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const name = controls[code];
  if (name) return name;
  if (code === 0x7f) return "DEL";
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
