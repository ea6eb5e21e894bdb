const backslash = 0x5c;
const quote = 0x22;

const escapedQuote = Buffer.from([backslash, quote]);

/**
 * The bytes of a CSV file whose fields are all quoted and whose quotes are escaped as `\"`. These quotes are doubled
 * instead, as in RFC 4180 and Clever's files. Backslashes before a quote count in pairs, as in Spark: two are one
 * backslash, and an odd one escapes the quote. All other backslashes stay.
 */
export async function* withDoubledQuotes(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = Buffer.concat([held, piece]);
    // The byte after the last backslashes is in the next piece.
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === backslash) end--;
    held = bytes.subarray(end);
    yield doubled(bytes.subarray(0, end));
  }
  if (held.length > 0) yield held;
}

function doubled(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(escapedQuote); at >= 0; at = bytes.indexOf(escapedQuote, from)) {
    let first = at;
    while (first > from && bytes[first - 1] === backslash) first--;
    const count = at - first + 1;
    parts.push(bytes.subarray(from, first), Buffer.alloc(Math.floor(count / 2), backslash));
    parts.push(Buffer.alloc(count % 2 === 1 ? 2 : 1, quote));
    from = at + 2;
  }
  parts.push(bytes.subarray(from));
  return Buffer.concat(parts);
}
