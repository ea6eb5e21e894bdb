import { expect, test } from "vitest";
import { SecretStore } from "../../src/ui/secrets";
import { targetsOf } from "../../src/ui/targets";
import { SealedStore } from "../helpers/sealedStore";

test("a connection's secrets survive a reload, whichever of VS Code's writes ends last", async () => {
  const store = new SealedStore();
  const secrets = new SecretStore(store);
  await secrets.write({ password: undefined, passphrase: "a passphrase", salt: "a salt", lakeSas: "" });
  store.settle();
  expect(store.sealed).toContain("a passphrase");
  expect(store.sealed).toContain("a salt");
  expect((await secrets.readBound()).secrets).toEqual({ passphrase: "a passphrase", salt: "a salt" });
});

test("concurrent writes lose nothing, and emptied entries are removed", async () => {
  const secrets = new SecretStore(new SealedStore());
  await Promise.all([secrets.write({ password: "a password" }), secrets.write({ salt: "a salt" })]);
  expect((await secrets.readBound()).secrets).toEqual({ password: "a password", salt: "a salt" });
  await secrets.write({ password: "" });
  expect((await secrets.readBound()).secrets).toEqual({ salt: "a salt" });
  await secrets.forgetAll();
  expect((await secrets.readBound()).secrets).toEqual({});
});

test("a damaged entry counts as empty, and can be written again", async () => {
  const store = new SealedStore();
  const secrets = new SecretStore(store);
  await secrets.write({ salt: "a salt" });
  const [key = ""] = await store.keys();
  await store.store(key, "a salt");
  expect((await secrets.readBound()).secrets).toEqual({});
  await secrets.write({ password: "a password" });
  expect((await secrets.readBound()).secrets).toEqual({ password: "a password" });
});

const sftp = { host: "Reports.example", port: 22, username: "district", hostKey: "SHA256:abc=" };
const targets = targetsOf({ sftp, lake: { url: "file:///lake/" } });

test("an entry of an earlier version is read, and bound without losing a secret or calling a listener", async () => {
  const store = new SealedStore();
  await store.store("clever.secrets", JSON.stringify({ password: "a password", salt: "a salt", other: 1 }));
  const secrets = new SecretStore(store);
  let calls = 0;
  secrets.onDidChange(() => calls++);
  const before = { password: "a password", salt: "a salt" };
  expect(await secrets.readBound()).toEqual({ secrets: before, boundTo: undefined });
  await secrets.bind(targets);
  expect(calls).toBe(0);
  expect(await secrets.readBound()).toEqual({ secrets: before, boundTo: targets });
  await secrets.write({ salt: "another" });
  expect(calls).toBe(1);
  expect(await secrets.readBound()).toEqual({ secrets: { ...before, salt: "another" }, boundTo: targets });
});

test("a connection without stored secrets is bound as well, until everything is forgotten", async () => {
  const store = new SealedStore();
  const secrets = new SecretStore(store);
  await secrets.write({ password: "" }, targets);
  expect(await secrets.readBound()).toEqual({ secrets: {}, boundTo: targets });
  await secrets.forgetAll();
  expect(await secrets.readBound()).toEqual({ secrets: {}, boundTo: undefined });
  expect(await store.keys()).toEqual([]);
});
