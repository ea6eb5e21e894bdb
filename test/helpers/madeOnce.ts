import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import { PipelineFixture } from "./pipelineFixture";

/**
 * A lake that is made once for a file or group of tests, because its runs take longer than a copy.
 *
 * @returns makes a copy for a test
 */
export function madeOnce(
  make: (fixture: PipelineFixture) => Promise<void>,
): (place?: string) => Promise<PipelineFixture> {
  let made: PipelineFixture | undefined;
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-test-"));
    made = await PipelineFixture.create(folder);
    await make(made);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (place) => {
    if (made === undefined) throw new Error("The lake is made before the first test.");
    return made.copy(place);
  };
}
