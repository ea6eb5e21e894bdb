import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeError } from "../../src/basics/errors";
import { newHostKey } from "../../src/sftp/server/server";
import type { SftpSource } from "../../src/sftp/sftpSource";
import { temporaryFolder } from "../helpers/temporaryFolder";
import { OddSftpServer, oddAccount, type Quirks } from "../odd-sftp/server";

const names = Array.from({ length: 8 }, (_, i) => `/reports/${i}.csv`);
const entries = Object.fromEntries(names.map((name) => [name, "x".repeat(300_000)]));

async function readAll(source: SftpSource): Promise<number> {
  const { files } = await source.list();
  const sizes = await Promise.all(
    files.map(async (file) => {
      let size = 0;
      for await (const piece of source.read(file)) size += piece.length;
      return size;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function errorOf(quirks: Quirks, config: Parameters<OddSftpServer["source"]>[0] = {}) {
  await using server = await OddSftpServer.start(entries, quirks);
  await using source = server.source({ timeoutSeconds: 1, ...config });
  const results = await Promise.allSettled([source.list(), source.list(), source.stat("0.csv")]);
  const errors = results.map((result) => (result.status === "rejected" ? result.reason : "it was let in"));
  expect(new Set(errors.map(describeError)).size).toBe(1);
  return { server, error: errors[0], text: describeError(errors[0]) };
}

describe("a server that allows few concurrent sessions", () => {
  it.each([
    ["refuse", 1],
    ["refuse", 2],
    ["hangUp", 1],
    ["hangUp", 2],
    ["noChannel", 1],
    ["noChannel", 2],
  ] as const)("is read over the allowed ones (%s beyond %d)", async (tooManySessions, sessions) => {
    await using server = await OddSftpServer.start(entries, { tooManySessions, sessions });
    await using source = server.source({ connections: 4 });
    expect(await readAll(source)).toBe(names.length * 300_000);
    // At most a third and a fourth were tried together.
    expect(server.connections).toBeLessThanOrEqual(sessions + 2);
  });
});

describe("a refused password", () => {
  it.each<[string, Quirks, string]>([
    ["refused", {}, "The SFTP server refused the password of the account district."],
    [
      "refused by keyboard-interactive",
      { prompt: { text: "Password:", echo: false } },
      "The SFTP server refused the password of the account district.",
    ],
    [
      "refused by asking again",
      { prompt: { text: "Password:", echo: false }, asksAgain: "same" },
      "The SFTP server refused the password of the account district.",
    ],
    [
      "answered by hanging up",
      { wrongPassword: "hangUp" },
      "The SFTP server disconnected or stopped responding after it received the password of the account district. The password is not sent again.",
    ],
    [
      "not answered",
      { wrongPassword: "silence" },
      "The SFTP server disconnected or stopped responding after it received the password of the account district. The password is not sent again.",
    ],
  ])("is sent once, however the server refuses it: %s", async (_, quirks, words) => {
    const { server, error, text } = await errorOf(quirks, { password: "wrong-secret" });
    expect(error).toMatchObject({ code: "auth", message: words });
    expect(text).not.toContain("wrong-secret");
    expect(server.logins.passwords).toEqual(["wrong-secret"]);
  });

  it("is sent by one method only, even with a configured key that the server does not request", async () => {
    const { server, error } = await errorOf(
      { methods: ["password", "keyboard-interactive"] },
      { password: "wrong-secret", privateKey: newHostKey() },
    );
    expect(error).toMatchObject({
      code: "auth",
      message: "The SFTP server refused the private key and the password of the account district.",
    });
    expect(server.logins.passwords).toEqual(["wrong-secret"]);
  });

  it("is reported as expired", async () => {
    const { server, error } = await errorOf({ passwordExpired: true });
    expect(error).toMatchObject({
      code: "auth",
      message: "The password of the account district has expired.",
    });
    expect(server.logins.passwords).toHaveLength(1);
  });
});

describe("a server that asks questions", () => {
  it.each([
    ["hidden", { text: "Password:", echo: false }],
    ["visible", { text: "Enter password for district@host:", echo: true }],
    ["visible, in Spanish", { text: "Contraseña: ", echo: true }],
  ])("gets the password if it asks for it: %s", async (_, prompt) => {
    await using server = await OddSftpServer.start(entries, { prompt });
    await using source = server.source();
    expect((await source.list()).files).toHaveLength(names.length);
    expect(server.logins.passwords).toEqual([oddAccount.password]);
  });

  it.each(["Verification code: ", "One-time password: ", "Color\u001b[2J?"])(
    "gets no password if it asks for something else: %j",
    async (text) => {
      const { server, error } = await errorOf({ prompt: { text, echo: true } });
      expect(error).toMatchObject({
        code: "auth",
        message:
          "The SFTP server asks the account district for something other than its password, such as a code. Clever Lake cannot answer that.",
      });
      expect(server.logins.passwords).toEqual([]);
    },
  );

  it("gets the password once if it also asks for a code", async () => {
    const { server, error } = await errorOf({
      prompt: { text: "Password:", echo: false },
      asksAgain: "other",
    });
    expect(error).toMatchObject({ code: "auth", message: expect.stringContaining("such as a code") });
    expect(server.logins.passwords).toEqual([oddAccount.password]);
  });

  it("is reported with the accepted password and the next question", async () => {
    const { error } = await errorOf({ secondFactor: ["keyboard-interactive", "[x](command:y)"] });
    expect(error).toMatchObject({
      code: "auth",
      message:
        "The SFTP server accepted the password of the account district, and requires another login method: keyboard-interactive and others that Clever Lake does not know.",
    });
  });
});

describe("names of login methods", () => {
  it.each([
    [["publickey", "[x](command:y)"], "publickey and others that Clever Lake does not know"],
    [["\u001b[2J"], "methods that Clever Lake does not know"],
    [["hostbased", "gssapi-with-mic"], "hostbased, gssapi-with-mic"],
    [[], "none"],
  ])("are reported if they are known: %j", async (methods, words) => {
    const { error, server } = await errorOf({ methods });
    expect(error).toMatchObject({
      code: "auth",
      message: `The SFTP server accepts only these login methods: ${words}. None of them is configured.`,
    });
    expect(server.logins.passwords).toEqual([]);
  });
});

it.skipIf(process.platform === "win32")(
  "an agent that does not answer is named, and not the server",
  async () => {
    const agent = path.join(await temporaryFolder(), "agent");
    const silent = createServer(() => undefined).listen(agent);
    onTestFinished(() => void silent.close());
    await once(silent, "listening");
    const { error, text } = await errorOf({}, { agent });
    expect(error).toMatchObject({ code: "auth" });
    expect(text).toContain("The SSH agent does not answer. It may be waiting for a confirmation.");
  },
);
