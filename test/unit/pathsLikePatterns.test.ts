import { cp, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import { sqlFile } from "../../src/duck/duck";
import { filesBelow } from "../helpers/lakeFiles";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

test("a path that is a pattern names the file itself", () => {
  expect(sqlFile("/lakes/it's/d[1]/a*b?.csv")).toBe("'/lakes/it''s/d[[]1]/a[*]b[?].csv'");
});

test.each(["district[1]", "district?", "dist*"])(
  "a lake at %s is not mistaken for the one next to it, whose path it matches",
  async (name) => {
    if (process.platform === "win32" && /[?*]/.test(name)) return;
    const folder = await temporaryFolder();
    const other = await PipelineFixture.create(path.join(folder, "district1"));
    await other.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
    await other.put(usagePath(), usageCsv(usage("amy", "Maps")));
    await other.run();
    await cp(path.join(folder, "district1"), path.join(folder, name), {
      recursive: true,
      preserveTimestamps: true,
    });
    for (const file of await filesBelow(path.join(folder, "district1"))) {
      if (/\.(csv|parquet)$/.test(file))
        await writeFile(path.join(folder, "district1", file), "other content");
    }

    const ours = await PipelineFixture.create(path.join(folder, name));
    expect(await ours.run()).toMatchObject({ anonymized: 0, failed: [] });
    const next = dailyPath("2024-09-04");
    await ours.put(next, dailyCsv(daily("amy", "2024-09-04")), new Date());
    expect(await ours.run()).toMatchObject({ anonymized: 1, failed: [], quarantined: [] });
    expect(await ours.logins("amy", "ben")).toEqual([
      "amy 2024-09-03 1",
      "amy 2024-09-04 1",
      "ben 2024-09-03 1",
    ]);
    expect((await ours.verify()).problems).toEqual([]);
    await using keeper = new IndexKeeper({ cacheFolder: path.join(folder, name) });
    expect((await keeper.current(ours.lake))?.months).toHaveLength(1);
  },
);
