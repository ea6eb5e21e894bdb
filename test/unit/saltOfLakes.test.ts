import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { rosterTable, saltFingerprintPath } from "../../src/clever/layout";
import { importRoster, type RosterSummary } from "../../src/pipeline/roster/importRoster";
import { rosterOnDisk } from "../../src/pipeline/roster/rosterFile";
import { checkSalt } from "../../src/pipeline/salt/salt";
import { storeFingerprint } from "../../src/pipeline/salt/saltFingerprint";
import { verifyLake } from "../../src/pipeline/verify/verify";
import { claimSalt } from "../helpers/claimSalt";
import { lakeRows } from "../helpers/lakeRows";
import { MemoryLake } from "../helpers/memoryLake";
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
    const lake = new MemoryLake();
    await storeFingerprint(lake, ` ${good}\t`, {});
    expect(await claimSalt(lake, ` ${good}\t`)).toMatchObject({ salt: ` ${good}\t` });
    expect(await checkSalt(lake, good)).toBe("differs");
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
