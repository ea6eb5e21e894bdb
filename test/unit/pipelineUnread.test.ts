import { describe, expect, test } from "vitest";
import { showRun } from "../../src/cli/show";
import { readRunRecord } from "../../src/pipeline/log/runRecord";
import { needsAttention } from "../../src/pipeline/runSummary";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

const day = dailyPath("2024-09-03");
const beside = [
  { path: "private", reason: "a folder that the account may not read" },
  { path: "latest.csv", reason: "a symbolic link that leads out of the root" },
];

async function withUnread(skipped: PipelineFixture["source"]["skipped"]): Promise<PipelineFixture> {
  const fixture = await PipelineFixture.create();
  await fixture.put(day, dailyCsv(daily("amy")));
  fixture.source.skipped = skipped;
  return fixture;
}

describe("an unread entry next to the reports", () => {
  const notRead = beside.map((entry) => ({ ...entry, report: false }));

  test.each(["run", "ingest"] as const)(
    "is listed by `%s` and in its record, and is not a problem",
    async (command) => {
      const fixture = await withUnread(beside);
      const summary = await fixture.run({ command });
      expect(summary).toMatchObject({ landed: 1, notRead, reportsOnServer: 1 });
      expect(needsAttention(summary)).toBe(false);
      const record = await readRunRecord(fixture.lake, summary.runId);
      expect(record).toMatchObject({ outcome: "done", summary: { notRead } });
      const text = showRun(summary);
      expect(text).toContain("On the server and not read: 2");
      expect(text).toContain("  private: a folder that the account may not read");
    },
  );

  test("is listed by a run that has nothing else to do", async () => {
    const fixture = await withUnread(beside);
    await fixture.run();
    const summary = await fixture.run();
    expect(summary).toMatchObject({ landed: 0, unchanged: 1, notRead });
    expect(showRun(summary)).toMatch(/^Nothing new[\s\S]*latest\.csv: a symbolic link/);
  });

  test("is a problem if it has a report's name", async () => {
    const path = dailyPath("2024-09-04");
    const fixture = await withUnread([{ path, reason: "a special file" }]);
    const summary = await fixture.run();
    expect(summary).toMatchObject({
      landed: 1,
      failed: [],
      notRead: [{ path, reason: "a special file", report: true }],
    });
    expect(needsAttention(summary)).toBe(true);
    expect(showRun(summary)).toMatch(/^Done, but some files were left out\./);
    expect(needsAttention(await fixture.run())).toBe(true);
  });

  test("is not listed if it is a link to a report that is read under another path", async () => {
    const reason = `a link to ${day}, which is read itself`;
    const fixture = await withUnread([{ path: `latest/${day}`, reason, isRead: true }]);
    const summary = await fixture.run();
    expect(summary).toMatchObject({ landed: 1, notRead: [] });
    expect(needsAttention(summary)).toBe(false);
  });

  test("is not listed for reports that the configuration excludes, or by a run on other files", async () => {
    const fixture = await withUnread([{ path: dailyPath("2024-09-04", "staff"), reason: "a special file" }]);
    expect(await fixture.run({ userTypes: ["students"] })).toMatchObject({ landed: 1, notRead: [] });
    expect(await fixture.run({ only: [day] })).toMatchObject({ notRead: [], reportsOnServer: 1 });
  });
});

describe("a server without a single report", () => {
  test("is a problem, not `Nothing new`", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put("readme.txt", "hello");
    const summary = await fixture.run();
    expect(summary).toMatchObject({ landed: 0, failed: [], reportsOnServer: 0 });
    expect(needsAttention(summary)).toBe(true);
    expect(showRun(summary)).toMatch(/^There are no reports on the server\./);
  });

  test("also means one that only has reports of other user types, or no longer has its reports", async () => {
    const fixture = await withUnread([]);
    expect(await fixture.run({ userTypes: ["staff"] })).toMatchObject({ reportsOnServer: 0 });
    await fixture.run();
    await fixture.remove(day);
    expect(showRun(await fixture.run())).toMatch(/^There are no reports on the server\./);
  });

  test("is not reported by `anonymize`, which does not contact the server", async () => {
    const fixture = await withUnread([]);
    await fixture.run();
    const summary = await fixture.run({ command: "anonymize", source: undefined });
    expect(summary).toMatchObject({ reportsOnServer: null, notRead: [] });
    expect(needsAttention(summary)).toBe(false);
    expect(showRun(summary)).toBe("Nothing new. There was nothing to pseudonymize.");
  });
});
