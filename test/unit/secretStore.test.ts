import { expect, test } from "vitest";
import type { SecretStorage } from "vscode";
import { SecretStore } from "../../src/ui/secrets";

/** VS Code's store as it is in a browser: sealed as a whole, and the first seal takes longest. */
class SealedStore implements SecretStorage {
  sealed = "{}";
  private readonly entries = new Map<string, string>();
  private readonly seals: (() => void)[] = [];

  readonly onDidChange = () => ({ dispose: () => undefined });

  async get(key: string): Promise<string | undefined> {
    return this.entries.get(key);
  }

  async keys(): Promise<string[]> {
    return [...this.entries.keys()];
  }

  async store(key: string, value: string): Promise<void> {
    this.entries.set(key, value);
    this.seal();
  }

  async delete(key: string): Promise<void> {
    this.entries.delete(key);
    this.seal();
  }

  /** Ends the seals that are going on, the newest first. */
  settle(): void {
    for (const end of this.seals.splice(0).reverse()) end();
  }

  private seal(): void {
    const text = JSON.stringify([...this.entries.values()]);
    this.seals.push(() => {
      this.sealed = text;
    });
  }
}

test("a connection's secrets outlive a reload, whichever of VS Code's writes ends last", async () => {
  const store = new SealedStore();
  const secrets = new SecretStore(store);
  await secrets.write({ password: undefined, passphrase: "a passphrase", salt: "a salt", lakeSas: "" });
  store.settle();
  expect(store.sealed).toContain("a passphrase");
  expect(store.sealed).toContain("a salt");
  expect(await secrets.read()).toEqual({ passphrase: "a passphrase", salt: "a salt" });
});

test("writes at the same time lose nothing of each other, and what is emptied goes", async () => {
  const secrets = new SecretStore(new SealedStore());
  await Promise.all([secrets.write({ password: "a password" }), secrets.write({ salt: "a salt" })]);
  expect(await secrets.read()).toEqual({ password: "a password", salt: "a salt" });
  await secrets.write({ password: "" });
  expect(await secrets.read()).toEqual({ salt: "a salt" });
  await secrets.forgetAll();
  expect(await secrets.read()).toEqual({});
});

test("an entry that is damaged holds nothing, and can be written anew", async () => {
  const store = new SealedStore();
  const secrets = new SecretStore(store);
  await secrets.write({ salt: "a salt" });
  const [key = ""] = await store.keys();
  await store.store(key, "a salt");
  expect(await secrets.read()).toEqual({});
  await secrets.write({ password: "a password" });
  expect(await secrets.read()).toEqual({ password: "a password" });
});
