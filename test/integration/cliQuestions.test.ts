import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { CommandLine, runPlain } from "../helpers/cli";

const metricsSchema = z.object({
  users: z.number(),
  bySchool: z.array(z.object({ school_name: z.string().nullable() })),
});

describe("questions on the command line", () => {
  let folder: string;
  let cli: CommandLine;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-questions-"));
    const server = { host: "127.0.0.1", port: 9, username: "nobody", hostKey: `SHA256:${"A".repeat(43)}` };
    cli = await CommandLine.create({ folder, server });
    const { exitCode, stderr } = await runPlain("demo", "--keep", cli.lakeFolder);
    expect(exitCode, stderr).toBe(0);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const schoolsOf = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await cli.run(
      "metrics",
      "--json",
      "--minimum-group-size",
      "0",
      ...args,
    );
    expect(exitCode, stderr).toBe(0);
    return metricsSchema.parse(JSON.parse(stdout)).bySchool.map(({ school_name }) => school_name ?? "");
  };

  test("metrics counts the schools of a level, derived from names or from a file", async () => {
    const all = await schoolsOf();
    const elementary = all.filter((name) => /Elementary|K-5/.test(name));
    expect(elementary.length).toBeGreaterThan(1);
    expect(all.length).toBeGreaterThan(elementary.length);
    expect(await schoolsOf("--school-level", "elementary")).toEqual(elementary);
    const [first = "", ...others] = elementary;
    const file = path.join(folder, "levels.csv");
    await writeFile(file, `school,level\n${first},high\n`);
    expect(await schoolsOf("--school-level", "elementary", "--school-levels", file)).toEqual(others);
  });
});
