import { expect, test } from "vitest";
import { openingFilter } from "../../src/dashboard/filter";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import { answer, measuredRows } from "../../src/dashboard/query/answer";
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

const options = {
  minimumGroupSize: 0,
  keepWhole: "schools",
  schoolYearStart: "08-01",
  now: new Date("2024-11-05T00:00:00Z"),
} as const;

test("the index counts the rows of both tables; the answer says if there are more than were measured", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
  await fixture.put(usagePath(), usageCsv(usage("amy", "maps"), usage("ben", "maps"), usage("ben", "Lexia")));
  await fixture.run();
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  const index = await keeper.current(fixture.lake);
  expect(index?.rows).toBe(5);
  if (index === undefined) return;
  expect(await answer(index, openingFilter, options)).toMatchObject({ beyondMeasured: null });
  const large = { ...index, rows: measuredRows + 1 };
  expect(await answer(large, openingFilter, options)).toMatchObject({
    beyondMeasured: { rows: measuredRows + 1, measured: measuredRows },
  });
});
