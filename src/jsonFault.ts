const space = /[ \t\r\n]*/y;
const string = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const scalar = new RegExp(
  `${string.source}|-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?(?![\\w.+-])|(?:true|false|null)(?!\\w)`,
  "uy",
);

/**
 * Where a text stops being JSON: the line and column, from 1, of the first string, number, word or character that cannot
 * be there. `JSON.parse` does not always say.
 */
export function jsonFault(text: string): { readonly line: number; readonly column: number } {
  let at = 0;
  const skip = (token: RegExp): boolean => {
    token.lastIndex = at;
    const isThere = token.test(text);
    if (isThere) at = token.lastIndex;
    return isThere;
  };
  const took = (token: RegExp): boolean => {
    skip(space);
    return skip(token);
  };
  const items = (item: () => boolean, end: RegExp): boolean => {
    if (took(end)) return true;
    do {
      if (!item()) return false;
    } while (took(/,/y));
    return took(end);
  };
  const member = () => took(string) && took(/:/y) && value();
  const value = (): boolean => {
    if (took(/\{/y)) return items(member, /\}/y);
    return took(/\[/y) ? items(value, /\]/y) : took(scalar);
  };
  value();
  skip(space);
  const before = text.slice(0, at).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
