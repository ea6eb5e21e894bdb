import { expect, test } from "vitest";
import { PipelineFixture, usage, usageCsv, usagePath } from "../helpers/pipelineFixture";

/** A resource without an id, whose name contains a person's id. */
function plan(): string {
  return usage("amy", "Plan of sis-zoe1", "2024-09-02").replace("id-Plan of sis-zoe1", "");
}

// The older row has the name unmasked, since the id was not known then; the newer row's is masked.
test("a resource without an id stays the same one, whatever ids were known when its name was read", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(usagePath("2024-09-02"), usageCsv(plan()));
  await fixture.run();
  await fixture.put(usagePath("2024-09-03"), usageCsv(plan(), usage("zoe1", "Maths")));
  await fixture.run();
  expect(await fixture.rows("resource_usage")).toHaveLength(2);
  expect((await fixture.verify()).problems).toEqual([]);
});
