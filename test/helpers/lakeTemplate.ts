import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import { PipelineFixture } from "./pipelineFixture";

/**
 * Builds a lake before the first test of a file or group, because its runs take longer than a copy.
 *
 * @returns copies the lake for a test
 */
export function lakeTemplate(
  build: (fixture: PipelineFixture) => Promise<void>,
): (place?: string) => Promise<PipelineFixture> {
  let template: PipelineFixture | undefined;
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-test-"));
    template = await PipelineFixture.create(folder);
    await build(template);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (place) => {
    if (template === undefined) throw new Error("The lake is built in beforeAll.");
    return template.copy(place);
  };
}
