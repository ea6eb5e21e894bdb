/** A part of a text: unchanged, or the name of an invisible character. */
export interface TextPart {
  readonly text: string;
  readonly control: boolean;
}

// Controls, line and paragraph separators, and format characters: zero-width ones, directional marks and overrides,
// tags. They have no glyph, or can make a text read as another one.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0]/u;
/** Joiners shape letters and emoji in many languages; anywhere else they only hide. */
const joiners = new Set(["\u200c", "\u200d"]);
const joinable = /[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]/u;

const controls =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " ",
  );

/** Splits a text so that every character is visible. */
export function visibleText(text: string): TextPart[] {
  if (!unseen.test(text)) return text === "" ? [] : [{ text, control: false }];
  const parts: TextPart[] = [];
  const characters = [...text];
  let plain = "";
  characters.forEach((character, index) => {
    const joins =
      joiners.has(character) &&
      joinable.test(characters[index - 1] ?? "") &&
      joinable.test(characters[index + 1] ?? "");
    if (joins || !unseen.test(character)) {
      plain += character;
      return;
    }
    if (plain) parts.push({ text: plain, control: false });
    plain = "";
    parts.push({ text: nameOf(character), control: true });
  });
  if (plain) parts.push({ text: plain, control: false });
  return parts;
}

/** The ASCII name of a control (LF), which every font can show, else the code point (U+202E). */
function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const name = controls[code];
  if (name) return name;
  if (code === 0x7f) return "DEL";
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
