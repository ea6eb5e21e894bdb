import { afterEach, expect, test } from "vitest";
import type { EngineClient } from "../../src/engine/client";
import { ConnectionModel } from "../../src/ui/connectionModel";
import type { SampleDistrict } from "../../src/ui/sampleDistrict";
import { SecretStore } from "../../src/ui/secrets";
import { SealedStore } from "../helpers/sealedStore";
import { settings, unwritable } from "../helpers/vscodeStub";

afterEach(() => {
  unwritable.error = undefined;
  for (const name of Object.keys(settings)) delete settings[name];
});

const connection = {
  host: "reports.example",
  port: 22,
  username: "district",
  root: "/",
  privateKeyPath: "",
  hostKey: "",
  lakeUrl: "file:///lake",
  lakeAuth: "default",
  saltKeyVaultUrl: "",
};

test("a connection that cannot be written to the settings does not replace the previous one's password or salt", async () => {
  const secrets = new SecretStore(new SealedStore());
  const model = new ConnectionModel({} as EngineClient, secrets, {} as SampleDistrict);
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
