import { describe, expect, test } from "vitest";
import { type Move, TargetGuard } from "../../src/ui/connection/targetGuard";
import { type Targets, targetsOf } from "../../src/ui/connection/targets";
import { SealedStore, secretsIn } from "../helpers/sealedStore";

const sftp = { host: "reports.example", port: 22, username: "district", hostKey: "SHA256:abc" };
const lake = { url: "https://district.dfs.core.windows.net/lake" };
const own = targetsOf({ sftp, lake, saltKeyVaultUrl: "https://vault.example" });
const given = { password: "a password", salt: "a salt" };

/** Every setting that determines where secrets and data go, each with a different value. */
const others: readonly [string, Targets][] = [
  [
    "host",
    targetsOf({ sftp: { ...sftp, host: "evil.example" }, lake, saltKeyVaultUrl: own.lake.saltKeyVaultUrl }),
  ],
  ["port", targetsOf({ sftp: { ...sftp, port: 2222 }, lake, saltKeyVaultUrl: own.lake.saltKeyVaultUrl })],
  [
    "user",
    targetsOf({ sftp: { ...sftp, username: "other" }, lake, saltKeyVaultUrl: own.lake.saltKeyVaultUrl }),
  ],
  [
    "key",
    targetsOf({ sftp: { ...sftp, hostKey: "SHA256:xyz" }, lake, saltKeyVaultUrl: own.lake.saltKeyVaultUrl }),
  ],
  ["no key", { ...own, server: { ...own.server, hostKey: "" } }],
  [
    "lake",
    targetsOf({
      sftp,
      lake: { url: "https://evil.dfs.core.windows.net/lake" },
      saltKeyVaultUrl: own.lake.saltKeyVaultUrl,
    }),
  ],
  [
    "folder of the lake",
    targetsOf({ sftp, lake: { url: `${lake.url}/below` }, saltKeyVaultUrl: own.lake.saltKeyVaultUrl }),
  ],
  ["vault", targetsOf({ sftp, lake, saltKeyVaultUrl: "https://other.example" })],
  ["no vault", targetsOf({ sftp, lake })],
];

function guarded(store = new SealedStore()) {
  const secrets = secretsIn(store, own);
  const asked: Move[] = [];
  const answers: ((allowed: boolean) => void)[] = [];
  const allowed: string[] = [];
  const ask = (move: Move) => {
    asked.push(move);
    return new Promise<boolean>((resolve) => answers.push(resolve));
  };
  const guard = new TargetGuard(secrets, () => allowed.push("allowed"), ask);
  guard.mayAsk = true;
  const answer = async (isAllowed: boolean) => {
    await expect.poll(() => answers.length).toBeGreaterThan(0);
    answers.shift()?.(isAllowed);
  };
  return { secrets, guard, asked, answer, allowed };
}

describe("secrets bound to their targets", () => {
  test("are returned for these without a confirmation, however they are spelled", async () => {
    const { secrets, guard, asked } = guarded();
    await secrets.write(given, own);
    expect(await guard.secretsFor(own)).toEqual(given);
    const spelled = targetsOf({
      sftp: { ...sftp, host: "Reports.Example", hostKey: "SHA256:abc=" },
      lake: { url: `${lake.url}/` },
      saltKeyVaultUrl: "https://vault.example/",
    });
    expect(await guard.secretsFor(spelled)).toEqual(given);
    expect(asked).toEqual([]);
  });

  test.each(others)("go to another %s only after a confirmation, which then holds", async (_what, other) => {
    const { secrets, guard, asked, answer } = guarded();
    await secrets.write(given, own);
    const refused = expect(guard.secretsFor(other)).rejects.toMatchObject({ code: "config" });
    await answer(false);
    await refused;
    await expect(guard.secretsFor(other)).rejects.toMatchObject({ code: "config" });
    expect(asked).toEqual([{ from: own, to: other }]);
    expect(await guard.secretsFor(own)).toEqual(given);

    guard.mayAsk = true;
    const allowed = guard.secretsFor(other);
    await answer(true);
    expect(await allowed).toEqual(given);
    expect(await guard.secretsFor(other)).toEqual(given);
    expect(asked).toHaveLength(2);
  });

  test("need one confirmation for concurrent requests, and another for each later change", async () => {
    const { secrets, guard, asked, answer, allowed } = guarded();
    await secrets.write(given, own);
    const [, other = own] = others[0] ?? [];
    const requests = Promise.all([guard.secretsFor(other), guard.secretsFor(other)]);
    await expect.poll(() => asked.length).toBe(1);
    guard.mayAsk = true;
    const late = guard.secretsFor(other);
    await answer(true);
    expect(await requests).toEqual([given, given]);
    expect(await late).toEqual(given);
    expect(asked).toHaveLength(1);
    expect(allowed).toEqual(["allowed"]);
    // An earlier confirmation does not cover the same change made later.
    await secrets.write(given, own);
    const again = expect(guard.secretsFor(other)).rejects.toMatchObject({ code: "config" });
    await answer(false);
    await again;
    expect(asked).toHaveLength(2);
  });

  test("are refused without a question in the background, unless a question is open", async () => {
    const { secrets, guard, asked, answer } = guarded();
    await secrets.write(given, own);
    const [, other = own] = others[0] ?? [];
    guard.mayAsk = false;
    await expect(guard.secretsFor(other)).rejects.toMatchObject({ code: "config" });
    expect(asked).toEqual([]);
    guard.mayAsk = true;
    const allowed = guard.secretsFor(other);
    await expect.poll(() => asked.length).toBe(1);
    guard.mayAsk = false;
    const meanwhile = guard.secretsFor(other);
    await answer(true);
    expect(await Promise.all([allowed, meanwhile])).toEqual([given, given]);
  });

  test("of an older version are bound to the current settings at their first use", async () => {
    const store = new SealedStore();
    await store.store("clever.secrets", JSON.stringify(given));
    const { guard, asked, answer } = guarded(store);
    expect(await guard.secretsFor(own)).toEqual(given);
    expect(asked).toEqual([]);
    const [, other = own] = others[0] ?? [];
    const refused = expect(guard.secretsFor(other)).rejects.toMatchObject({ code: "config" });
    await answer(false);
    await refused;
  });
});

describe("a connection without stored secrets, as with an SSH agent, a key vault and an Azure account,", () => {
  test.each(others)("is bound at its first use: another %s needs a confirmation", async (_what, other) => {
    const { secrets, guard, asked, answer } = guarded();
    expect(await guard.secretsFor(own)).toEqual({});
    expect(await secrets.readBound()).toEqual({ secrets: {}, boundTo: own });
    expect(asked).toEqual([]);
    expect(await guard.moved(other)).toBe(true);
    const refused = expect(guard.secretsFor(other)).rejects.toMatchObject({ code: "config" });
    await answer(false);
    await refused;
    expect(asked).toEqual([{ from: own, to: other }]);
    expect(await guard.secretsFor(own)).toEqual({});
  });

  test("stays bound after its secrets were forgotten, but not after it was removed", async () => {
    const { secrets, guard, asked, answer } = guarded();
    await secrets.write(given, own);
    await secrets.forgetSecrets();
    expect(await secrets.readBound()).toEqual({ secrets: {}, boundTo: own });
    const [, other = own] = others[0] ?? [];
    const refused = expect(guard.secretsFor(other)).rejects.toMatchObject({ code: "config" });
    await answer(false);
    await refused;
    await secrets.forgetAll();
    expect(await guard.secretsFor(other)).toEqual({});
    expect(asked).toHaveLength(1);
  });
});
