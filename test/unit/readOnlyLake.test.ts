import { expect, test, vi } from "vitest";
import { FolderLake } from "../../src/lake/folder";
import { status } from "../../src/pipeline/plan/status";
import { verifyLake } from "../../src/pipeline/verify/verify";
import { daily, dailyCsv, dailyPath, PipelineFixture, salt } from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** The system's error when a folder is created in the lake; undefined allows it. */
const refusal = vi.hoisted(() => ({ code: undefined as string | undefined }));

vi.mock(import("../../src/lake/privateFolder"), async (original) => {
  const real = await original();
  return {
    ...real,
    makePrivateFolder: async (folder: string) => {
      if (refusal.code !== undefined) throw Object.assign(new Error("refused"), { code: refusal.code });
      return real.makePrivateFolder(folder);
    },
  };
});

test.each(["EACCES", "EROFS"])("verify and status work on a read-only lake (%s)", async (code) => {
  refusal.code = undefined;
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
  await fixture.run();
  refusal.code = code;
  const lake = await FolderLake.open(fixture.lake.url);
  const before = await fixture.tree();
  expect(await verifyLake(lake, salt)).toMatchObject({ problems: [], reportRows: 2 });
  const settings = { userTypes: ["students" as const], expectReportsWithin: 0 };
  expect((await status(fixture.source, lake, settings)).files).toMatchObject([{ state: "anonymized" }]);
  expect(await fixture.tree()).toEqual(before);
});

test("a temporary folder that cannot be created for another reason is an error of the lake", async () => {
  refusal.code = "ENOSPC";
  const lake = await FolderLake.open(await temporaryFolder());
  await expect(lake.scratch()).rejects.toMatchObject({
    code: "io",
    hint: expect.stringContaining("disk is full"),
  });
});
