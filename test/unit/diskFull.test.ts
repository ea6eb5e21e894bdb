import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { describeError } from "../../src/basics/errors";
import { Duck } from "../../src/duck/duck";
import { fromResponseError, toResponseError } from "../../src/engine/messages/wireError";

const reported = {
  code: "io",
  message: "The disk is full.",
  hint: expect.stringContaining("Free some space"),
};
const thrown = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

// A device that refuses every byte, like a full disk.
describe.skipIf(!existsSync("/dev/full"))("a full disk is reported in plain words", () => {
  test("by the engine, for a file that it writes", async () => {
    await using duck = await Duck.open();
    for (const format of ["csv", "parquet"]) {
      const copy = `COPY (SELECT range AS a FROM range(100000)) TO '/dev/full' (FORMAT ${format})`;
      expect(await thrown(duck.session((session) => session.query(copy)))).toMatchObject(reported);
    }
  });

  test("by other writers, also across the engine's process boundary", async () => {
    const error = await thrown(writeFile("/dev/full", "x"));
    expect(error).toMatchObject({ code: "ENOSPC" });
    expect(describeError(error)).toMatch(/^The disk is full\. Free some space/);
    expect(fromResponseError(toResponseError(error))).toMatchObject(reported);
  });
});

test("a disk without space for the engine's spill files is reported in plain words", async () => {
  await using duck = await Duck.open({ threads: 1 });
  await duck.session(async (session) => {
    // As DuckDB sets it if the disk has no more space.
    await session.query("SET max_temp_directory_size = '1MB'");
    const large = "CREATE TEMP TABLE t AS SELECT sha256(range::VARCHAR) AS b FROM range(5000000)";
    expect(await thrown(session.query(large))).toMatchObject(reported);
  });
});
