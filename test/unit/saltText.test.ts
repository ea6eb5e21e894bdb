import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { newSalt } from "../../src/basics/newSalt";
import { checkSaltText } from "../../src/basics/saltText";

const good = "mQ3-x9_Lr2.kV7wZ";

test.each([
  ["a line break", `${good}\n`],
  ["a Windows line break", `${good}\r\n`],
  ["blanks and tabs", ` \t${good}\t `],
  ["a byte-order mark", `\ufeff${good}`],
  ["hard blanks", `\u00a0${good}\u202f`],
  ["invisible characters", `\u200b${good}\u2060\0`],
])("removes %s", (_what, text) => {
  expect(checkSaltText(text)).toEqual({ salt: good, weakness: undefined, isQuoted: false });
});

test("keeps white space within", () => {
  const salt = "the district's own salt / ñ";
  expect(checkSaltText(salt)).toEqual({ salt, weakness: undefined, isQuoted: false });
});

test.each([`"${good}"`, `'${good}' `, `\`${good}\``, `\u201c${good}\u201d`, `\u2018${good}\u2019\n`])(
  "%j is quoted",
  (text) => {
    expect(checkSaltText(text)).toEqual({ salt: text.trim(), weakness: undefined, isQuoted: true });
  },
);

test.each([`"${good}`, `${good}'`, `"${good}'`])("%j is not quoted", (text) => {
  expect(checkSaltText(text).isQuoted).toBe(false);
});

test.each(["", " \n", "mQ3-x9_Lr2.kV7w", "pa55-word", "\u{1f9c2}".repeat(3)])("%j is short", (text) => {
  expect(checkSaltText(text).weakness).toBe("short");
});

test.each([
  "salt",
  "SALT",
  "changeme",
  "change-me-please!",
  "your-salt",
  "Your District Salt Here",
  "<salt>",
  "<your OEA salt, 32 characters>",
  "test",
  "test-test-test-test",
  "replace_this_with_your_salt",
  "placeholder123456",
  `$\{CLEVER_SALT}`,
  "$CLEVER_SALT",
  "%CLEVER_SALT%",
  "{{ .Values.salt }}",
  "[insert the salt]",
  "@Microsoft.KeyVault(SecretUri=https://x.vault.azure.net/secrets/oeaSalt)",
])("%j is a placeholder", (text) => {
  expect(checkSaltText(text).weakness).toBe("placeholder");
});

test.each([
  "aaaaaaaaaaaaaaaaaaaa",
  "0000000000000000",
  "abababababababab",
  "1234567812345678",
  "our own salt! our own salt! our own salt!",
  "abcdefghijklmnopqr",
  "zyxwvutsrqponmlkjihg",
  "0011001011101000",
])("%j repeats itself", (text) => {
  expect(checkSaltText(text).weakness).toBe("repeated");
});

test("no random salt is called weak", () => {
  for (let count = 0; count < 300; count++) {
    for (const salt of [newSalt(), randomBytes(16).toString("hex"), randomBytes(12).toString("base64")]) {
      expect([salt, checkSaltText(salt).weakness]).toEqual([salt, undefined]);
    }
  }
  fc.assert(
    fc.property(fc.uuid(), (salt) => {
      expect(checkSaltText(salt).salt).toBe(salt);
    }),
  );
});
