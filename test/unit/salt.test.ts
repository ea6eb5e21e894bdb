import { describe, expect, test } from "vitest";
import { newSalt } from "../../src/basics/newSalt";
import { saltFingerprintPath } from "../../src/clever/layout";
import { checkSalt } from "../../src/pipeline/salt/salt";
import { claimSalt } from "../helpers/claimSalt";
import { MemoryLake } from "../helpers/memoryLake";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

test("a new salt is long, and different each time", () => {
  const salts = Array.from({ length: 100 }, () => newSalt());
  expect(new Set(salts).size).toBe(100);
  for (const salt of salts) expect(Buffer.from(salt, "base64url")).toHaveLength(32);
});

const one = "the first of two salts";
const two = "the second of two salts";

test("a lake accepts any salt until something is pseudonymized", async () => {
  const lake = new MemoryLake();
  expect(await checkSalt(lake, one)).toBe("unclaimed");
  await claimSalt(lake, one);
  await claimSalt(lake, one);
  expect(await checkSalt(lake, one)).toBe("matches");
  expect(await checkSalt(lake, two)).toBe("unclaimed");
  await claimSalt(lake, two);
  expect(await checkSalt(lake, two)).toBe("matches");
  expect(await checkSalt(lake, one)).toBe("unclaimed");
});

test("a salt is the lake's if the reply to its request was lost, and the repeated request found it there", async () => {
  const lake = new MemoryLake();
  lake.loseReplies();
  await claimSalt(lake, one);
  expect(await checkSalt(lake, one)).toBe("matches");
});

test("the lake keeps neither the salt nor a plain hash of it", async () => {
  const lake = new MemoryLake();
  const other = new MemoryLake();
  await claimSalt(lake, "a-salt-that-one-may-find");
  await claimSalt(other, "a-salt-that-one-may-find");
  const kept = String(lake.files.get(saltFingerprintPath));
  expect(kept).not.toContain("a-salt-that-one-may-find");
  expect(kept).not.toBe(String(other.files.get(saltFingerprintPath)));
  expect([...lake.files.keys()]).toEqual([saltFingerprintPath]);
});

test("of concurrent first runs with different salts, one wins", async () => {
  const lake = new MemoryLake();
  const salts = ["one", "two", "three", "four"].map((number) => `of four salts number ${number}`);
  const settled = await Promise.allSettled(salts.map((salt) => claimSalt(lake, salt)));
  expect(settled.some(({ status }) => status === "fulfilled")).toBe(true);
  for (const each of settled) {
    if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "busy" });
  }
  const states = await Promise.all(salts.map((salt) => checkSalt(lake, salt)));
  expect(states.sort()).toEqual(["matches", "unclaimed", "unclaimed", "unclaimed"]);
});

const fingerprint = (cost: number) =>
  JSON.stringify({ algorithm: "scrypt", cost, nonce: "0".repeat(32), fingerprint: "0".repeat(64) });

test.each(["", "{", "{}", '{"algorithm":"md5"}', fingerprint(3), fingerprint(2 ** 40)])(
  "a damaged fingerprint (%j) accepts no salt",
  async (text) => {
    const lake = new MemoryLake();
    lake.files.set(saltFingerprintPath, Buffer.from(text));
    for (const work of [claimSalt(lake, one), checkSalt(lake, one)]) {
      await expect(work).rejects.toMatchObject({
        code: "corrupt",
        message: "The file that identifies the lake's salt is damaged; nothing was written.",
        subject: saltFingerprintPath,
      });
    }
    expect(String(lake.files.get(saltFingerprintPath))).toBe(text);
  },
);

describe("a run", () => {
  async function lakeWithRows(): Promise<PipelineFixture> {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy")));
    await fixture.run();
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("ben")));
    return fixture;
  }

  test("with a different salt is refused before anything is written", async () => {
    const fixture = await lakeWithRows();
    const before = await fixture.tree();
    for (const command of ["run", "anonymize"] as const) {
      const error: unknown = await fixture
        .run({ command, salt: "another" })
        .catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: "salt" });
      expect(String(error)).not.toMatch(/another salt-|pepper/);
    }
    expect(await fixture.tree()).toEqual(before);
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1 });
  });

  test.each([undefined, ""])("without a salt (%j) is refused before anything is written", async (salt) => {
    const fixture = await lakeWithRows();
    const before = await fixture.tree();
    await expect(fixture.run({ salt })).rejects.toMatchObject({ code: "config" });
    expect(fixture.source.reads).toHaveLength(1);
    expect(await fixture.tree()).toEqual(before);
  });

  test("on a new lake without a salt writes nothing", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    await expect(fixture.run({ salt: undefined })).rejects.toMatchObject({ code: "config" });
    expect((await fixture.tree()).size).toBe(0);
  });

  test("concurrent with another first run with another salt: one is refused", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    const settled = await Promise.allSettled([fixture.run({ salt: one }), fixture.run({ salt: two })]);
    const refused = settled.filter(({ status }) => status === "rejected");
    expect(refused).toMatchObject([{ reason: { code: expect.stringMatching(/^(busy|salt)$/) } }]);
    expect(await fixture.rows()).toHaveLength(1);
    expect(await fixture.lookup()).toHaveLength(1);
  });

  test("that only lands files needs none", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    expect(await fixture.run({ command: "ingest", salt: undefined })).toMatchObject({ landed: 1 });
    expect(await fixture.lake.stat(saltFingerprintPath)).toBeUndefined();
  });

  test("on a lake that lost its fingerprint accepts only the salt of its lookups", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    await fixture.run({ salt: one });
    await fixture.lake.delete(saltFingerprintPath);
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("ben", "2024-09-04")));
    const before = await fixture.tree();

    expect(await checkSalt(fixture.lake, two)).toBe("differs");
    await expect(fixture.run({ salt: two })).rejects.toMatchObject({ code: "salt" });
    expect(await fixture.tree()).toEqual(before);
    expect(await checkSalt(fixture.lake, one)).toBe("matches");
    expect(await fixture.run({ salt: one })).toMatchObject({ landed: 1, anonymized: 1 });
    expect(await checkSalt(fixture.lake, one)).toBe("matches");
  });
});
