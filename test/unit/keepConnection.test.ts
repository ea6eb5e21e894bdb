import { afterEach, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { EngineClient } from "../../src/engine/client/client";
import { ConnectionModel } from "../../src/ui/connection/connectionModel";
import type { SampleDistrict } from "../../src/ui/connection/sampleDistrict";
import { initialAnswers, loginWith } from "../../src/ui/wizard/connectionAnswers";
import { SealedStore, secretsIn } from "../helpers/sealedStore";
import { answers, calls, settingChanged, settings, unwritable } from "../helpers/vscodeStub";

afterEach(() => {
  unwritable.error = undefined;
  unwritable.name = undefined;
  for (const name of Object.keys(settings)) delete settings[name];
  answers.length = 0;
  calls.length = 0;
});

const log = { error: () => undefined } as never;

const connection = {
  host: "reports.example",
  port: 22,
  username: "district",
  privateKeyPath: "",
  hostKey: "",
  lakeUrl: "file:///lake",
  lakeAuth: "default",
  saltKeyVaultUrl: "",
} as const;

test("a connection that cannot be written to the settings does not replace the previous one's password or salt", async () => {
  const secrets = secretsIn(new SealedStore());
  const model = new ConnectionModel({} as EngineClient, secrets, {} as SampleDistrict, log);
  await model.keep(connection, { password: "a password", salt: "a salt" });
  const before = await secrets.readBound();
  expect(before.secrets).toEqual({ password: "a password", salt: "a salt" });

  unwritable.error = new Error("Unable to write into user settings.");
  const other = { ...connection, host: "other.example", lakeUrl: "file:///other" };
  await expect(model.keep(other, { password: "another", salt: "another salt" })).rejects.toBe(
    unwritable.error,
  );
  expect(await secrets.readBound()).toEqual(before);
  expect(settings["clever.sftp.host"]).toBe("reports.example");

  unwritable.error = undefined;
  await model.keep(other, { password: "another", salt: "another salt" });
  expect((await secrets.readBound()).secrets).toEqual({ password: "another", salt: "another salt" });
  model.dispose();
});

test("a connection that cannot be removed from the settings keeps its password and salt", async () => {
  const secrets = secretsIn(new SealedStore());
  const model = new ConnectionModel({} as EngineClient, secrets, {} as SampleDistrict, log);
  await model.keep(connection, { password: "a password", salt: "a salt" });
  const before = await secrets.readBound();

  unwritable.error = new Error("Unable to write into user settings.");
  await expect(model.remove()).rejects.toBe(unwritable.error);
  expect(await secrets.readBound()).toEqual(before);

  unwritable.error = undefined;
  await model.remove();
  expect(await secrets.readBound()).toEqual({ secrets: {}, boundTo: undefined });
  expect(settings["clever.sftp.host"]).toBeUndefined();
  model.dispose();
});

test("a connection is written whole or not at all, and so is its removal", async () => {
  const store = new SealedStore();
  const secrets = secretsIn(store);
  const model = new ConnectionModel({} as EngineClient, secrets, {} as SampleDistrict, log);
  await model.keep(connection, { password: "a password", salt: "a salt" });
  settings["clever.sampleDistrict"] = true;
  const before = { settings: { ...settings }, secrets: await secrets.readBound() };
  const now = async () => ({ settings: { ...settings }, secrets: await secrets.readBound() });

  unwritable.error = new Error("Unable to write into user settings.");
  for (const name of ["clever.lake.url", "clever.sampleDistrict"]) {
    unwritable.name = name;
    const other = { ...connection, host: "other.example", lakeUrl: "file:///other" };
    await expect(model.keep(other, { password: "another" })).rejects.toBe(unwritable.error);
    expect(await now()).toEqual(before);
  }
  unwritable.name = "clever.lake.url";
  await expect(model.remove()).rejects.toBe(unwritable.error);
  expect(await now()).toEqual(before);

  unwritable.error = undefined;
  store.delete = () => Promise.reject(new Error("The keyring is locked."));
  await expect(model.remove()).rejects.toThrow(
    "VS Code's secret store cannot be used: The keyring is locked.",
  );
  expect(await now()).toEqual(before);
  model.dispose();
});

test("a connection keeps the reports' folder that the user has set, even if a wizard was already open", async () => {
  const model = new ConnectionModel(
    {} as EngineClient,
    secretsIn(new SealedStore()),
    {} as SampleDistrict,
    log,
  );
  const answers = { ...initialAnswers, host: "reports.example", username: "district" };
  settings["clever.sftp.root"] = "/district";
  expect(loginWith(answers).sftp.root).toBe("/district");
  await model.keep(answers, {});
  expect(settings["clever.sftp.root"]).toBe("/district");
  model.dispose();
});

/** A model whose looks at the server give these outcomes. */
async function looking(...outcomes: ("failure" | "reports")[]) {
  let looks = 0;
  const request = () => {
    looks++;
    return outcomes.shift() === "failure"
      ? Promise.reject(new CleverLakeError("network", "The server cannot be reached."))
      : Promise.resolve({ isNew: false, overdue: [], needsAdoption: false, changedByOthers: [] });
  };
  const secrets = secretsIn(new SealedStore());
  const model = new ConnectionModel(
    { request } as unknown as EngineClient,
    secrets,
    {} as SampleDistrict,
    log,
  );
  await model.keep(connection, { password: "a password", salt: "a salt" });
  return { model, looks: () => looks };
}

test("a look that failed is repeated for a request by the user, and not by a view that is drawn again", async () => {
  const { model, looks } = await looking("failure", "reports");
  await expect(model.loaded()).rejects.toThrow("cannot be reached");
  await expect(model.loaded()).rejects.toThrow("cannot be reached");
  expect([model.state, looks()]).toEqual(["failed", 1]);
  await model.loadedOnRequest();
  expect([model.state, looks()]).toEqual(["empty", 2]);
  await model.loadedOnRequest();
  expect(looks()).toBe(2);
  expect(calls.map(({ name }) => name)).toEqual(["withProgress"]);
  model.dispose();
});

test("once a look succeeds after one that failed, the views of the lake look again too", async () => {
  const { model } = await looking("failure", "reports", "reports");
  let told = 0;
  model.onDidChangeLake(() => told++);
  await expect(model.loaded()).rejects.toThrow("cannot be reached");
  expect(told).toBe(0);
  await model.refresh();
  expect(told).toBe(1);
  await model.refresh();
  expect(told).toBe(1);
  model.dispose();
});

test("another server is asked about once the user acts, and looked at as soon as they allow it", async () => {
  const { model, looks } = await looking("reports");
  settings["clever.sftp.host"] = "other.example";
  await expect(model.loaded()).rejects.toMatchObject({ code: "config" });
  expect([model.state, looks(), calls]).toEqual(["failed", 0, []]);
  model.onUserAction(true);
  answers.push("Connect There");
  await model.connected();
  await expect.poll(() => model.state).toBe("empty");
  expect([looks(), calls.length]).toEqual([1, 1]);
  model.dispose();
});

test("a changed user type is looked at again only by windows that have looked at the server", async () => {
  const { model, looks } = await looking("reports", "reports");
  settingChanged("clever.userTypes");
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect([model.state, looks()]).toEqual(["unknown", 0]);
  await model.loaded();
  expect(looks()).toBe(1);
  settingChanged("clever.userTypes");
  await expect.poll(looks).toBe(2);
  model.dispose();
});
