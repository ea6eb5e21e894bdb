import { expect, test } from "vitest";
import { Login } from "../../src/sftp/connection/authentication";

const key = 'et "privateKeyPath" under "sftp", or ';
const username = "district";

test.each([
  [
    ["publickey"],
    { username, password: "secret" },
    `S${key}unset CLEVER_SFTP_PASSWORD and start an SSH agent that has the key.`,
  ],
  [["publickey"], { username }, `S${key}start an SSH agent that has the key.`],
  [["keyboard-interactive"], { username }, "Set CLEVER_SFTP_PASSWORD."],
  [
    ["publickey", "password"],
    { username },
    `Set CLEVER_SFTP_PASSWORD, or s${key}start an SSH agent that has the key.`,
  ],
  [["hostbased"], { username, password: "secret" }, undefined],
])("a server that accepts only %j: the hint names what would help", (methods, credentials, hint) => {
  const login = new Login(credentials, undefined);
  expect(login.next(methods)).toBe(false);
  expect(login.refused(undefined).hint).toBe(hint);
});
