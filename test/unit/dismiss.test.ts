import { mkdir, rename } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { RunLock } from "../../src/pipeline/lock/runLock";
import { dismissQuarantined } from "../../src/pipeline/plan/dismiss";
import { lakeTemplate } from "../helpers/lakeTemplate";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

const file = dailyPath();
const bad = dailyCsv(daily("amy"), daily("ben").replace("true", "maybe"));

async function quarantine(fixture: PipelineFixture, content: string): Promise<void> {
  await fixture.put(file, content);
  expect((await fixture.run()).quarantined).toHaveLength(1);
}

const quarantined = lakeTemplate((fixture) => quarantine(fixture, bad));

test("a dismissed file no longer waits, on the server or not, and none of its rows are ingested", async () => {
  const fixture = await quarantined();
  const { lake } = fixture;
  expect(await dismissQuarantined({ lake, files: [file] })).toEqual([file]);
  expect(await fixture.state(file)).toBe("dismissed");
  expect(await fixture.run()).toMatchObject({ inQuarantine: [], quarantined: [], anonymized: 0 });
  // The server gives the same bytes a new time.
  await fixture.touch(file);
  expect(await fixture.run()).toMatchObject({ inQuarantine: [], quarantined: [], anonymized: 0 });
  await fixture.remove(file);
  expect(await fixture.status()).toEqual([]);
  expect(await fixture.rows()).toEqual([]);
  expect(await fixture.verify()).toMatchObject({ problems: [], inQuarantine: [] });
});

test("a file that was moved on the server is dismissed by its current path", async () => {
  const fixture = await quarantined();
  const moved = `archive/${file}`;
  await mkdir(path.dirname(path.join(fixture.server, moved)), { recursive: true });
  await rename(path.join(fixture.server, file), path.join(fixture.server, moved));
  expect(await fixture.status()).toMatchObject([{ path: moved, state: "quarantined" }]);
  await dismissQuarantined({ lake: fixture.lake, files: [moved] });
  expect(await fixture.state(moved)).toBe("dismissed");
});

test("a file that cannot be accepted is dismissed like any other", async () => {
  const fixture = await PipelineFixture.create();
  await quarantine(fixture, bad.replace("active", "activ"));
  await fixture.remove(file);
  expect(await fixture.state(file)).toBe("quarantined");
  await dismissQuarantined({ lake: fixture.lake, files: [file] });
  expect(await fixture.status()).toEqual([]);
});

test("the next delivery is read as usual", async () => {
  const fixture = await quarantined();
  await dismissQuarantined({ lake: fixture.lake, files: [file] });
  await fixture.put(file, dailyCsv(daily("amy"), daily("ben")));
  expect(await fixture.state(file)).toBe("changed");
  expect(await fixture.run()).toMatchObject({ anonymized: 1 });
  await fixture.put(file, bad);
  expect(await fixture.run()).toMatchObject({ quarantined: [{ path: file, hasEarlierRows: true }] });
  expect(await fixture.logins("amy", "ben")).toHaveLength(2);
});

test("earlier rows of a dismissed delivery's source stay, and it can be accepted after all", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(file, dailyCsv(daily("amy"), daily("zoe")));
  await fixture.run();
  await fixture.put(file, bad);
  await fixture.run();
  await dismissQuarantined({ lake: fixture.lake, files: [file] });
  expect(await fixture.run()).toMatchObject({ anonymized: 0 });
  expect(await fixture.logins("amy", "zoe")).toHaveLength(2);
  expect((await fixture.verify()).problems).toEqual([]);
  expect(await fixture.run({ accept: [file] })).toMatchObject({ anonymized: 1, refused: 1 });
  expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
  expect((await fixture.verify()).problems).toEqual([]);
});

test("a dismissed delivery stays dismissed with a new time, also if another file has rows in common with its source", async () => {
  const fixture = await PipelineFixture.create();
  const newer = dailyPath("2024-09-04");
  await fixture.put(file, dailyCsv(daily("amy"), daily("zoe")));
  await fixture.put(newer, dailyCsv(daily("amy")));
  await fixture.run();
  await fixture.put(file, bad);
  await fixture.run();
  await dismissQuarantined({ lake: fixture.lake, files: [file] });
  const { landedPath = "" } = (await fixture.lastLog()).get(file) ?? {};
  await fixture.lake.delete(landedPath);
  await fixture.touch(file);
  expect(await fixture.run()).toMatchObject({ landed: 0, quarantined: [] });
  expect(await fixture.state(file)).toBe("dismissed");
});

test("only files in quarantine can be dismissed, all or none, and not during a run", async () => {
  const fixture = await quarantined();
  const { lake } = fixture;
  const other = dailyPath("2024-09-04");
  await fixture.put(other, dailyCsv(daily("amy", "2024-09-04")));
  await fixture.run();
  const before = await fixture.log();
  await expect(dismissQuarantined({ lake, files: [file, other] })).rejects.toMatchObject({
    code: "config",
    subject: other,
  });
  const lock = await RunLock.acquire(lake, "2099-01-01T00-00-00");
  await expect(dismissQuarantined({ lake, files: [file] })).rejects.toMatchObject({ code: "busy" });
  await lock[Symbol.asyncDispose]();
  expect(await fixture.log()).toEqual(before);
});
