import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { FolderLake } from "../../src/lake/folder";
import { updateActivityWithoutRun } from "../../src/pipeline/activity/digitalActivity";
import { adoptLake } from "../../src/pipeline/adopt/adoptLake";
import { updateGroupsWithoutRun } from "../../src/pipeline/groups/updateGroups";
import { dismissQuarantined } from "../../src/pipeline/plan/dismiss";
import { repairLake } from "../../src/pipeline/repair/repair";
import { run } from "../../src/pipeline/run";
import { optimizeLake } from "../../src/pipeline/upkeep/optimizeLake";
import { vacuumLake } from "../../src/pipeline/upkeep/vacuumLake";
import { verifyLake } from "../../src/pipeline/verify/verify";
import { daily, dailyCsv, dailyPath, PipelineFixture, salt } from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** What works on a lake's contents refuses an address without one, as after a typing error or without its disk. */

const works: Readonly<Record<string, (lake: FolderLake) => Promise<unknown>>> = {
  verify: (lake) => verifyLake(lake, salt),
  "repair, dry": (lake) => repairLake({ lake, salt, dryRun: true }),
  "repair ": (lake) => repairLake({ lake, salt, dryRun: false }),
  "optimize, dry": (lake) => optimizeLake({ lake, dryRun: true }),
  optimize: (lake) => optimizeLake({ lake, dryRun: false }),
  "vacuum, dry": (lake) => vacuumLake({ lake, olderThanDays: 7, dryRun: true }),
  vacuum: (lake) => vacuumLake({ lake, olderThanDays: 7, dryRun: false }),
  "adopt, dry": (lake) => adoptLake({ lake, salt, maxShrink: 50, dryRun: true }),
  adopt: (lake) => adoptLake({ lake, salt, maxShrink: 50, dryRun: false }),
  anonymize: (lake) => run({ command: "anonymize", lake, salt, userTypes: ["students"] }),
  dismiss: (lake) => dismissQuarantined({ lake, files: [dailyPath()] }),
  engagement: (lake) => updateActivityWithoutRun(lake),
  groups: (lake) => updateGroupsWithoutRun(lake, () => Promise.reject(new Error("not to be divided"))),
};

describe.each(Object.keys(works))("%s", (name) => {
  test.each(["a missing folder", "an empty folder", "a folder of other things"])(
    "refuses %s",
    async (what) => {
      const root = path.join(await temporaryFolder(), "lake");
      if (what === "an empty folder") await mkdir(root);
      if (what === "a folder of other things")
        await mkdir(path.join(root, "lost+found"), { recursive: true });
      const lake = await FolderLake.open(root);
      await expect(works[name]?.(lake)).rejects.toMatchObject({
        code: "notFound",
        message: expect.stringContaining("There is no lake here"),
        subject: lake.url,
        hint: expect.stringContaining("mounted"),
      });
      expect(existsSync(root)).toBe(what !== "a missing folder");
      expect(existsSync(path.join(root, "stage1np"))).toBe(false);
    },
  );
});

test("status lists what is on the server, says that there is no lake, and creates none", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy")));
  expect(await fixture.lakeStatus()).toMatchObject({ isNew: true, files: [{ state: "new" }] });
  expect(existsSync(fixture.lake.localPath("stage1np"))).toBe(false);
  expect(existsSync(path.dirname(fixture.lake.localPath("stage1np")))).toBe(false);
  await fixture.run();
  expect(await fixture.lakeStatus()).toMatchObject({ isNew: false, files: [{ state: "anonymized" }] });
});

test("neither verification nor the update of Digital Engagement passes a lake in which there is nothing", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.run();
  expect(await fixture.lakeStatus()).toMatchObject({ isNew: false });
  const nothing = { code: "notFound", subject: fixture.lake.url };
  await expect(fixture.verify()).rejects.toMatchObject(nothing);
  await expect(updateActivityWithoutRun(fixture.lake)).rejects.toMatchObject(nothing);
});
