import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { rosterTable, saltFingerprintPath } from "../../src/clever/layout";
import { importRoster, type RosterSummary } from "../../src/pipeline/roster/importRoster";
import { rosterOnDisk } from "../../src/pipeline/roster/rosterFile";
import { checkedSaltFor, checkSalt, claimCheckedSalt } from "../../src/pipeline/salt/salt";
import { storeFingerprint } from "../../src/pipeline/salt/saltFingerprint";
import { verifyLake } from "../../src/pipeline/verify/verify";
import { lakeRows } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture, pseudonym } from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

const good = "mQ3-x9_Lr2.kV7wZ";
const other = "Zw7Vk.2rL_9x-3Qm";

async function withFile(): Promise<PipelineFixture> {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy")));
  return fixture;
}

async function roster(fixture: PipelineFixture, salt: string, ...people: string[]): Promise<RosterSummary> {
  const place = path.join(await temporaryFolder(), "students.csv");
  const lines = people.map((person) => `sis-${person},S1,4`);
  await writeFile(place, ["Student_id,School_id,Grade", ...lines, ""].join("\n"));
  return importRoster({ lake: fixture.lake, file: await rosterOnDisk(place), salt });
}

describe("a new lake", () => {
  test.each([
    ["short", "pepper"],
    ["short", " \r\n"],
    ["placeholder", "change-me-please!"],
    ["only a few characters, repeated", "abababababababab"],
    ["in quotation marks", `"${good}"`],
  ])("refuses a salt that is %s, before anything is written", async (words, salt) => {
    const fixture = await withFile();
    const refusal = { code: "salt", message: expect.stringContaining(words) };
    const error: unknown = await fixture.run({ salt }).catch((failure: unknown) => failure);
    expect(error).toMatchObject(refusal);
    if (salt.trim() !== "") expect(JSON.stringify([error, String(error)])).not.toContain(salt);
    await expect(roster(fixture, salt, "amy")).rejects.toMatchObject(refusal);
    expect((await fixture.tree()).size).toBe(0);
  });

  test("removes white space around a salt, says so, and later recognizes the salt in any form", async () => {
    const fixture = await withFile();
    const summary = await fixture.run({ salt: `\ufeff${good}\r\n` });
    expect(summary.notes).toEqual([{ path: "salt", note: "White space around the salt was removed." }]);
    expect(await fixture.rows()).toMatchObject([{ sis_id_pseudonym: pseudonym("sis-amy", good) }]);
    for (const form of [good, ` ${good}`, `${good}\n`])
      expect(await checkSalt(fixture.lake, form)).toBe("matches");
    expect((await fixture.run({ salt: good })).notes).toEqual([]);
    expect((await roster(fixture, `${good}\n`, "amy")).notes).toHaveLength(1);
    expect(await verifyLake(fixture.lake, `${good}\n`)).toMatchObject({ problems: [] });
  });
});

describe("an old lake", () => {
  test.each(["\n", "\r\n"])("keeps the line end %j that its salt had", async (end) => {
    const fixture = await withFile();
    await storeFingerprint(fixture.lake, good + end, {});
    for (const form of [good + end, good]) {
      await fixture.put(dailyPath(), dailyCsv(daily(form === good ? "ben" : "amy")));
      const { notes } = await fixture.run({ salt: form });
      expect(notes.filter(({ path }) => path === "salt")).toMatchObject([
        { note: expect.stringContaining("continues with that") },
      ]);
    }
    expect(await fixture.rows()).toMatchObject([{ sis_id_pseudonym: pseudonym("sis-ben", good + end) }]);
    expect(await verifyLake(fixture.lake, good)).toMatchObject({ problems: [] });
  });

  test("keeps white space that its salt had", async () => {
    const fixture = await withFile();
    const salt = ` ${good}\t`;
    await storeFingerprint(fixture.lake, salt, {});
    await fixture.run({ salt });
    expect(await fixture.rows()).toMatchObject([{ sis_id_pseudonym: pseudonym("sis-amy", salt) }]);
    expect(await checkSalt(fixture.lake, good)).toBe("differs");
  });

  test("keeps quotation marks that its salt had", async () => {
    const fixture = await withFile();
    const salt = `"${good}"`;
    await storeFingerprint(fixture.lake, salt, {});
    expect((await fixture.run({ salt })).notes).toEqual([]);
    expect(await fixture.rows()).toMatchObject([{ sis_id_pseudonym: pseudonym("sis-amy", salt) }]);
  });

  test("keeps a weak salt, with a warning each time", async () => {
    const fixture = await withFile();
    await storeFingerprint(fixture.lake, "pepper", {});
    for (const _ of ["with a file", "with nothing new"]) {
      const { notes } = await fixture.run({ salt: "pepper" });
      expect(notes).toMatchObject([{ path: "salt", note: expect.stringContaining("shorter than 16") }]);
      expect(JSON.stringify(notes)).not.toContain("pepper");
    }
    // Even if its fingerprint is lost, since its lookups confirm the salt.
    await fixture.lake.delete(saltFingerprintPath);
    expect((await fixture.run({ salt: "pepper" })).notes).toHaveLength(1);
  });
});

describe("a lake without a pseudonym", () => {
  const firstRuns: Readonly<Record<string, (fixture: PipelineFixture) => Promise<unknown>>> = {
    "had nothing to do": (fixture) => fixture.run({ salt: good }),
    "quarantined every file": async (fixture) => {
      await fixture.put(dailyPath("2024-09-02"), dailyCsv(daily("amy", "not a date")));
      const { quarantined } = await fixture.run({ salt: good });
      expect(quarantined).toHaveLength(1);
    },
  };

  test.each(Object.keys(firstRuns))(
    "takes another salt after a run that %s, and then no other",
    async (what) => {
      const fixture = await PipelineFixture.create();
      await firstRuns[what]?.(fixture);
      expect(await checkSalt(fixture.lake, good)).toBe("matches");
      expect(await checkSalt(fixture.lake, other)).toBe("unclaimed");
      await expect(fixture.run({ salt: "pepper" })).rejects.toMatchObject({
        code: "salt",
        message: expect.stringContaining("shorter than 16"),
      });
      await fixture.put(dailyPath(), dailyCsv(daily("amy")));
      expect(await fixture.run({ salt: other })).toMatchObject({ anonymized: 1 });
      expect(await fixture.rows()).toMatchObject([{ sis_id_pseudonym: pseudonym("sis-amy", other) }]);
      expect(await checkSalt(fixture.lake, good)).toBe("differs");
      await expect(fixture.run({ salt: good })).rejects.toMatchObject({ code: "salt" });
      expect((await verifyLake(fixture.lake, other)).problems).toEqual([]);
    },
  );

  test("takes the salt of a roster, and then no other", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.run({ salt: good });
    await roster(fixture, other, "amy");
    expect(await checkSalt(fixture.lake, good)).toBe("differs");
    await expect(roster(fixture, good, "amy")).rejects.toMatchObject({ code: "salt" });
  });

  test("keeps the salt with which another run pseudonymized since it was checked", async () => {
    for (const late of [good, other]) {
      const fixture = await withFile();
      await storeFingerprint(fixture.lake, good, {});
      const checkedSalt = await checkedSaltFor(fixture.lake, late);
      const winner = late === good ? other : good;
      await fixture.run({ salt: winner });
      await expect(
        claimCheckedSalt(fixture.lake, checkedSalt, { requireHeld: () => Promise.resolve() }),
      ).rejects.toMatchObject({ code: "salt" });
      expect(await checkSalt(fixture.lake, winner)).toBe("matches");
    }
  });

  test("changes nothing if another run took over the lock", async () => {
    const fixture = await PipelineFixture.create();
    await storeFingerprint(fixture.lake, good, {});
    const checkedSalt = await checkedSaltFor(fixture.lake, other);
    const requireHeld = () => Promise.reject(new Error("no longer held"));
    await expect(claimCheckedSalt(fixture.lake, checkedSalt, { requireHeld })).rejects.toThrow(
      "no longer held",
    );
    expect(await checkSalt(fixture.lake, good)).toBe("matches");
  });
});

describe("a lake with only a roster", () => {
  test("accepts no other salt", async () => {
    const fixture = await withFile();
    await roster(fixture, good, "amy", "ben");
    await expect(fixture.run({ salt: other })).rejects.toMatchObject({ code: "salt" });
    await expect(roster(fixture, other, "amy")).rejects.toMatchObject({ code: "salt" });
    expect(await checkSalt(fixture.lake, other)).toBe("differs");
    expect((await verifyLake(fixture.lake, other)).problems).toMatchObject([
      { problem: expect.stringContaining("another salt") },
    ]);
    expect((await verifyLake(fixture.lake, good)).problems).toEqual([]);
  });

  test("accepts none after its fingerprint was lost, until a roster confirms it", async () => {
    const fixture = await withFile();
    await roster(fixture, good, "amy", "ben");
    const fingerprint = await readFile(fixture.lake.localPath(saltFingerprintPath), "utf8");
    await fixture.lake.delete(saltFingerprintPath);
    const before = await fixture.tree();
    for (const salt of [good, other]) {
      await expect(fixture.run({ salt })).rejects.toMatchObject({
        code: "salt",
        message: expect.stringContaining("fingerprint"),
      });
      expect(await checkSalt(fixture.lake, salt)).toBe("unproven");
    }
    await expect(roster(fixture, other, "amy", "ben")).rejects.toMatchObject({ code: "salt" });
    await expect(roster(fixture, good, "eve")).rejects.toMatchObject({ code: "salt" });
    expect((await verifyLake(fixture.lake, good)).problems).toMatchObject([{ subject: saltFingerprintPath }]);
    expect(await fixture.tree()).toEqual(before);

    await roster(fixture, good, "amy", "eve");
    expect(await readFile(fixture.lake.localPath(saltFingerprintPath), "utf8")).not.toBe(fingerprint);
    expect(await lakeRows(fixture.lake, rosterTable)).toHaveLength(2);
    expect(await fixture.run({ salt: good })).toMatchObject({ anonymized: 1, notes: [] });
  });
});

test("a lake with rows but without lookups and fingerprint accepts no salt", async () => {
  const fixture = await withFile();
  await fixture.run({ salt: good });
  await fixture.lake.delete(saltFingerprintPath);
  await fixture.lose("stage2np");
  await expect(fixture.run({ salt: other })).rejects.toMatchObject({ code: "salt" });
});
