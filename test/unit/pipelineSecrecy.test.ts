import { chmod, mkdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import {
  daily,
  dailyCsv,
  dailyHeader,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { unpackedParquet } from "../helpers/unpackedParquet";

/** Also numbers and e-mail addresses: whatever districts use as ids. */
const people = ["amy", "ben", "4711815", "zoë@example.org", 'O\'Hare, "Q"'];

/** A lake with everything that may happen to it: bad, accepted, redelivered and repeated files, many commits. */
async function livedInLake(): Promise<PipelineFixture> {
  const fixture = await PipelineFixture.create();
  const quoted = (line: string) => line.replaceAll(/(?:sis|clever)-O'Hare, Q/g, '"$&"');
  for (let day = 1; day <= 12; day++) {
    const date = `2024-09-${String(day).padStart(2, "0")}`;
    await fixture.put(dailyPath(date), dailyCsv(...people.map((person) => quoted(daily(person, date, day)))));
    await fixture.put(
      usagePath(date),
      usageCsv(...people.map((person) => quoted(usage(person, "Maths", date)))),
    );
    await fixture.run();
  }
  await fixture.put(dailyPath("2024-09-01"), dailyCsv(daily("amy", "2024-09-01", 99)));
  await fixture.put(
    dailyPath("2024-09-20"),
    dailyCsv(daily("amy", "2024-09-02"), daily("eve", "x"), daily("eve")),
  );
  await fixture.run();
  await fixture.run({ accept: [dailyPath("2024-09-20")] });
  return fixture;
}

test("no identity and no salt is in the pseudonymized part of the lake, or in names, records and the log", async () => {
  const fixture = await livedInLake();
  const files = [...(await fixture.tree()).keys()];
  const holdsIdentities = (file: string) =>
    /^stage1np\/clever\/(daily-participation|resource-usage)\//.test(file) ||
    /^stage2np\/.*_lookup\//.test(file);
  const open = files.filter((file) => !holdsIdentities(file));
  expect(open.some((file) => file.endsWith(".parquet"))).toBe(true);
  expect(open.some((file) => file.endsWith(".checkpoint.parquet"))).toBe(true);
  const identities = [...people, "eve"].flatMap((person) => [`sis-${person}`, `clever-${person}`]);
  for (const file of open) {
    const place = fixture.lake.localPath(file);
    const text = `${await readFile(place, "latin1")}${file.endsWith(".parquet") ? await unpackedParquet(place) : ""}`;
    for (const identity of identities) {
      const raw = Buffer.from(identity).toString("latin1");
      expect(text.includes(raw) || file.includes(identity), `${identity} in ${file}`).toBe(false);
    }
    expect(text.includes(salt), `the salt in ${file}`).toBe(false);
  }
  expect((await fixture.verify()).problems).toEqual([]);
});

test("a row in place of the header line is shown nowhere, and its file is in quarantine", async () => {
  const fixture = await PipelineFixture.create();
  const secretRow = daily("SECRETAMY");
  const optionalLast =
    "date,sis_id,clever_user_id,clever_school_id,active,num_logins,num_resources_accessed,school_name";
  const secretLast = "2024-09-03,sis-SECRETAMY,clever-SECRETAMY,s,true,1,2,North";
  const contents = [
    `${dailyHeader},${secretRow}`,
    `${dailyHeader},${secretRow}\n${daily("ben")}\n`,
    ...["", "\u2028", "\v", "\f", "\u0085", "\x1e"].map((end) => [optionalLast, secretLast, ""].join(end)),
    Buffer.from(`${dailyHeader},sis-SECRETAMY\n${daily("ben")},\xff\n`, "latin1"),
  ];
  for (const [index, content] of contents.entries())
    await fixture.put(dailyPath(`2024-09-1${index}`), content);
  const summary = await fixture.run();
  expect(summary.anonymized).toBe(0);
  expect(summary.quarantined).toHaveLength(contents.length);
  expect(JSON.stringify([summary, await fixture.status()])).not.toContain("SECRET");
  for (const file of (await fixture.tree()).keys()) {
    if (/^stage1np\/clever\/daily-participation\//.test(file)) continue;
    const place = fixture.lake.localPath(file);
    const text = file.endsWith(".parquet") ? await unpackedParquet(place) : await readFile(place, "latin1");
    expect(text.includes("SECRET"), file).toBe(false);
  }
});

test.skipIf(process.platform === "win32")(
  "a lake's first run says that other users can enter folders with identities",
  async () => {
    const fixture = await PipelineFixture.create();
    const folder = fixture.lake.localPath("stage1np");
    // As on a file system without modes, on which every folder can be entered by everybody.
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o777);
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    const note = expect.stringContaining("other users of this machine can enter it (mode 777)");
    expect((await fixture.run()).notes).toEqual([{ path: "stage1np", note }]);
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-04")));
    expect((await fixture.run()).notes).toEqual([]);
  },
);
