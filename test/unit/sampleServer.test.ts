import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import * as protocol from "../../src/engine/messages/protocol";
import { engineInMemory } from "../helpers/engine";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** Whether the file system supports hard links; FAT and some network shares do not. */
const links = vi.hoisted(() => ({ refused: false }));
vi.mock("node:fs/promises", async (original) => {
  const actual = await original<typeof import("node:fs/promises")>();
  const link: typeof actual.link = (from, to) =>
    links.refused
      ? Promise.reject(Object.assign(new Error("refused"), { code: "EPERM" }))
      : actual.link(from, to);
  return { ...actual, default: { ...actual, link }, link };
});

const size = { students: 20, teachers: 2, staff: 2, schools: 1, days: 1 };

/** One window's engine, and the sample that it serves. */
async function windowOn(folder: string) {
  const { request } = engineInMemory();
  const sample = await request(protocol.startSample, { folder, size });
  const { host, port, username, hostKey, password, salt } = sample;
  const connected = {
    connection: { sftp: { host, port, username, hostKey }, lake: { url: sample.lakeUrl } },
    secrets: { password, salt },
  };
  return { request, sample, connected };
}

test("windows on the same sample have their own servers, and share district, lake and salt", async () => {
  const folder = await temporaryFolder();
  // Both find no district, and create it at the same time.
  const [first, second] = await Promise.all([windowOn(folder), windowOn(folder)]);
  expect(second.sample.port).not.toBe(first.sample.port);
  const { port: _, password: __, ...common } = first.sample;
  expect(second.sample).toMatchObject(common);
  await first.request(protocol.run, { ...first.connected, command: "run" });

  await first.request(protocol.shutdown, {});
  const { salt, reports } = await second.request(protocol.testConnection, second.connected);
  expect(salt).toBe("matches");
  expect(reports).toBeGreaterThan(0);
});

test("a sample that lost its salt starts with a new lake, and works", async () => {
  const folder = await temporaryFolder();
  const before = await windowOn(folder);
  await before.request(protocol.run, { ...before.connected, command: "run" });
  const file = path.join(folder, "server.json");
  const { salt: _, ...withoutSalt } = JSON.parse(await readFile(file, "utf8"));
  for (const content of [JSON.stringify({ ...withoutSalt, port: 2222 }), "no JSON", undefined]) {
    await (content === undefined ? rm(file) : writeFile(file, content));
    const after = await windowOn(folder);
    expect((await after.request(protocol.testConnection, after.connected)).salt).toBe("unclaimed");
    expect(JSON.parse(await readFile(file, "utf8")).salt).toBe(after.sample.salt);
  }
});

test("a sample is created on file systems without hard links, once for two windows", async () => {
  links.refused = true;
  try {
    const folder = await temporaryFolder();
    const [first, second] = await Promise.all([windowOn(folder), windowOn(folder)]);
    expect(second.sample.salt).toBe(first.sample.salt);
    expect((await readdir(folder)).filter((name) => name.startsWith("server.json"))).toEqual(["server.json"]);
  } finally {
    links.refused = false;
  }
});
