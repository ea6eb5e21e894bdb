import { expect, test } from "vitest";
import type { EngineClient } from "../../src/engine/client/client";
import type { LakeTest } from "../../src/engine/messages/messages";
import { testConnection } from "../../src/ui/wizard/connectWizard";
import { checkSalt } from "../../src/ui/wizard/saltBox";

const never = new AbortController().signal;
const connection = { sftp: { host: "h", username: "u" }, lake: { url: "file:///lake" } };
const connected = { connection, secrets: { salt: "a salt of the district, long enough" } };

/** An engine for which each lake gives the same answer about the salt. */
function answering(salt: LakeTest["salt"]): EngineClient {
  return { request: () => Promise.resolve({ salt, folders: [] }) } as unknown as EngineClient;
}

test("a salt other than the lake's is reported, and creates no connection", async () => {
  const other = { code: "salt", message: "This lake was pseudonymized with another salt." };
  await expect(checkSalt(answering("differs"), connected, never)).rejects.toMatchObject(other);
  await expect(testConnection(answering("differs"), connected)).rejects.toMatchObject(other);
});

test.each(["matches", "unclaimed", "unproven"] as const)(
  "a salt that %s creates a connection",
  async (salt) => {
    await checkSalt(answering(salt), connected, never);
    expect(await testConnection(answering(salt), connected)).toMatchObject({ salt });
  },
);
