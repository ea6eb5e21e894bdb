/** A stretch of a text: as it is, or a name for a character that nobody would see. */
export interface TextPart {
  readonly text: string;
  readonly control: boolean;
}

// Controls, line and paragraph separators, and format characters: zero-width ones, marks and overrides of direction,
// tags. All unassigned to a glyph, or able to make a text read as another one.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0]/u;
/** Joiners shape letters and emoji in many languages; alone or elsewhere they only hide. */
const joiners = new Set(["\u200c", "\u200d"]);
const joinable = /[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]/u;

const controls =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " ",
  );

/** Takes a text apart so that every character of it can be seen. */
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

/** ASCII's name of a control (LF), which every font can show, else the code point (U+202E). */
function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const name = controls[code];
  if (name) return name;
  if (code === 0x7f) return "DEL";
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
