import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { sqlString } from "../../src/duck/duck";
import { sharedDuck } from "../helpers/lakeRows";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

/** Numbers and mails too: whatever districts use as ids. */
const people = ["amy", "ben", "4711815", "zoë@example.org", 'O\'Hare, "Q"'];

/** A lake after all that may happen to it: bad, accepted, redelivered, repeated files, many commits. */
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

/** A Parquet file's values, which stand in it compressed. */
async function unpacked(place: string): Promise<string> {
  const duck = await sharedDuck();
  const rows = await duck.session((session) =>
    session.query(`SELECT to_json(row_)::VARCHAR AS json FROM read_parquet(${sqlString(place)}) row_`),
  );
  return Buffer.from(rows.map(({ json }) => String(json)).join("\n")).toString("latin1");
}

test("no raw identity and no salt is in the pseudonymized part of the lake, or in names, records and log", async () => {
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
    const text = `${await readFile(place, "latin1")}${file.endsWith(".parquet") ? await unpacked(place) : ""}`;
    for (const identity of identities) {
      const raw = Buffer.from(identity).toString("latin1");
      expect(text.includes(raw) || file.includes(identity), `${identity} in ${file}`).toBe(false);
    }
    expect(text.includes(salt), `the salt in ${file}`).toBe(false);
  }
  expect((await fixture.verify()).problems).toEqual([]);
});
