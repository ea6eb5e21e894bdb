/** The value of a JSON text; undefined for any other text. The parser's own error would quote the text. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The claims of an access token, not verified; none if they cannot be read. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims = jsonIn(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  return typeof claims === "object" && claims !== null ? { ...claims } : {};
}
