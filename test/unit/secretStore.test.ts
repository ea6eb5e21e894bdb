import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { pause } from "../../src/basics/pause";
import { secretsKey } from "../../src/ui/connection/secretsKey";
import { targetsOf } from "../../src/ui/connection/targets";
import { memento, mementos } from "../helpers/memento";
import { SealedStore, secretsIn } from "../helpers/sealedStore";
import { temporaryFolder } from "../helpers/temporaryFolder";

const none = { secrets: {}, boundTo: undefined };

test("a connection's secrets survive a reload, whichever of VS Code's writes ends last", async () => {
  const store = new SealedStore();
  const secrets = secretsIn(store);
  await secrets.write({ password: undefined, passphrase: "a passphrase", salt: "a salt", lakeSas: "" });
  store.settle();
  expect(store.sealed).toContain("a passphrase");
  expect(store.sealed).toContain("a salt");
  expect((await secrets.readBound()).secrets).toEqual({ passphrase: "a passphrase", salt: "a salt" });
});

test("concurrent writes lose nothing, and emptied entries are removed", async () => {
  const secrets = secretsIn(new SealedStore());
  await Promise.all([secrets.write({ password: "a password" }), secrets.write({ salt: "a salt" })]);
  expect((await secrets.readBound()).secrets).toEqual({ password: "a password", salt: "a salt" });
  await secrets.write({ password: "" });
  expect((await secrets.readBound()).secrets).toEqual({ salt: "a salt" });
  await secrets.forgetAll();
  expect((await secrets.readBound()).secrets).toEqual({});
});

test("a damaged entry counts as empty, and can be written again", async () => {
  const store = new SealedStore();
  const secrets = secretsIn(store);
  await secrets.write({ salt: "a salt" });
  const [key = ""] = await store.keys();
  await store.store(key, "a salt");
  expect((await secrets.readBound()).secrets).toEqual({});
  await secrets.write({ password: "a password" });
  expect((await secrets.readBound()).secrets).toEqual({ password: "a password" });
});

const sftp = { host: "Reports.example", port: 22, username: "district", hostKey: "SHA256:abc=" };
const targets = targetsOf({ sftp, lake: { url: "file:///lake/" } });

const older = "clever.secrets";
const given = { password: "a password", salt: "a salt" };
const elsewhere = targetsOf({ sftp, lake: { url: "file:///elsewhere/" } });

test("an entry without targets is taken over by the first machine that uses it, and calls no listener", async () => {
  const store = new SealedStore();
  await store.store(older, JSON.stringify({ ...given, other: 1 }));
  const secrets = secretsIn(store, targets);
  let calls = 0;
  secrets.onDidChange(() => calls++);
  expect(await secrets.readBound()).toEqual({ secrets: given, boundTo: targets });
  expect(await secretsIn(store, elsewhere, "elsewhere").readBound()).toEqual(none);
  expect(calls).toBe(0);
  await secrets.write({ salt: "another" });
  expect(calls).toBe(1);
  expect(await secrets.readBound()).toEqual({ secrets: { ...given, salt: "another" }, boundTo: targets });
});

test("an entry with targets is taken over by the machines whose settings have them", async () => {
  const store = new SealedStore();
  await store.store(older, JSON.stringify({ version: 2, secrets: given, boundTo: targets }));
  const secrets = secretsIn(store, elsewhere);
  expect(await secrets.readBound()).toEqual(none);
  await secrets.write({ password: "another" }, elsewhere);
  for (const machine of ["one", "two"]) {
    const same = secretsIn(store, targets, machine);
    expect(await same.readBound()).toEqual({ secrets: given, boundTo: targets });
  }
  expect((await secrets.readBound()).secrets).toEqual({ password: "another" });
  await secretsIn(store, targets, "one").forgetSecrets();
  expect(await secretsIn(store, targets, "three").readBound()).toEqual(none);
  expect((await secretsIn(store, targets, "two").readBound()).secrets).toEqual(given);
});

test("nothing is stored once the entry of an earlier version is gone too, whoever its targets are", async () => {
  const store = new SealedStore();
  await store.store(older, JSON.stringify({ version: 2, secrets: given, boundTo: targets }));
  const secrets = secretsIn(store, elsewhere);
  expect(await secrets.isEmpty()).toBe(false);
  await secrets.forgetSecrets();
  expect(await secrets.isEmpty()).toBe(true);
  await secrets.write({ salt: "a salt" }, elsewhere);
  expect(await secrets.isEmpty()).toBe(false);
});

test("secrets that cannot be removed whole stay in use", async () => {
  const store = new SealedStore();
  const secrets = secretsIn(store);
  await secrets.write(given, targets);
  const remove = store.delete.bind(store);
  vi.spyOn(store, "delete").mockImplementation((key) =>
    key === older ? Promise.reject(new Error("The keyring is locked.")) : remove(key),
  );
  await expect(secrets.forgetAll()).rejects.toMatchObject({ code: "io" });
  expect(await secrets.readBound()).toEqual({ secrets: given, boundTo: targets });
});

test("a listener is called for the secrets of its own machine and profile", async () => {
  const store = new SealedStore();
  const secrets = secretsIn(store);
  let calls = 0;
  secrets.onDidChange(() => calls++);
  await secrets.readBound();
  await secretsIn(store, undefined, "elsewhere").write({ password: "a password" });
  expect(calls).toBe(0);
  await secretsIn(store).write({ password: "a password" });
  expect(calls).toBe(1);
});

test("a machine and a profile have one key, whichever of several windows starts first", async () => {
  const folder = path.join(await temporaryFolder(), "storage");
  const [one = memento(), ...others] = mementos(8, 100);
  const other = memento();
  const keys = await Promise.all([one, ...others].map((window) => secretsKey(folder, window)));
  await pause(200);
  expect(new Set(await Promise.all([...keys, secretsKey(folder, one)])).size).toBe(1);
  // Its window waits until no window of the first profile can still look for an id.
  expect(await secretsKey(folder, other)).not.toBe(keys[0]);
  expect(await secretsKey(path.join(await temporaryFolder(), "storage"), one)).not.toBe(keys[0]);
  // Of a window that ended while it created the file.
  await writeFile(path.join(folder, "machine-id"), "");
  expect(await secretsKey(folder, one)).toBe(await secretsKey(folder, one));
});

test("storage that cannot be written is named, with what to do", async () => {
  const file = path.join(await temporaryFolder(), "file");
  await writeFile(file, "");
  const folder = path.join(file, "storage");
  await expect(secretsKey(folder, memento())).rejects.toMatchObject({
    code: "io",
    message: "VS Code's storage for this extension could not be written.",
    subject: folder,
    hint: "Check that its folder exists and is writable.",
  });
});

test("a connection without stored secrets is bound as well, until everything is forgotten", async () => {
  const store = new SealedStore();
  const secrets = secretsIn(store);
  await secrets.write({ password: "" }, targets);
  expect(await secrets.readBound()).toEqual({ secrets: {}, boundTo: targets });
  await secrets.forgetAll();
  expect(await secrets.readBound()).toEqual({ secrets: {}, boundTo: undefined });
  expect(await store.keys()).toEqual([]);
});

test("a locked store is reported with what to do, and works again once it is unlocked", async () => {
  const store = new SealedStore();
  const secrets = secretsIn(store);
  await secrets.write(given, targets);
  const locked = vi.spyOn(store, "get");
  for (const reason of ["The keyring is locked.", "The keyring is locked"]) {
    locked.mockRejectedValue(new Error(reason));
    await expect(secrets.readBound()).rejects.toMatchObject({
      message: "VS Code's secret store cannot be used: The keyring is locked.",
      hint: "Unlock the keyring of the operating system, or install one if there is none, then try again.",
    });
  }
  locked.mockRestore();
  expect(await secrets.readBound()).toEqual({ secrets: given, boundTo: targets });
  vi.spyOn(store, "store").mockRejectedValue(new Error("The keyring is locked."));
  await expect(secrets.write({ salt: "another" })).rejects.toMatchObject({ code: "io" });
});
