import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { AddFile } from "../../src/delta/log/actions";
import { contentsOf } from "../../src/pipeline/write/fileContents";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { startSftpServer } from "../../src/sftp/server/server";
import { CommandLine } from "../helpers/cli";
import { contentsBelow, filesBelow } from "../helpers/lakeFiles";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** `verify` of the built command line finds damage in a lake. */

const document = z.object({
  tables: z.array(z.object({ table: z.string(), version: z.number(), files: z.number(), rows: z.number() })),
  landedFiles: z.number(),
  problems: z.array(z.object({ subject: z.string(), problem: z.string() })),
});
const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };
const participation = "stage2p/clever/daily_participation_pseudo";
const log = "stage1np/clever/_ingest_log";

describe("clever-lake verify", () => {
  let sound: string;
  beforeAll(async () => {
    sound = await mkdtemp(path.join(tmpdir(), "clever-lake-verify-"));
    const reports = path.join(sound, "reports");
    await writeDistrict(
      sampleDistrict({ students: 30, teachers: 4, staff: 2, schools: 2, days: 2 }),
      reports,
    );
    await using server = await startSftpServer({
      folder: reports,
      username: "district",
      password: secrets.CLEVER_SFTP_PASSWORD,
    });
    const { host, port, hostKeyFingerprint: hostKey } = server;
    const cli = await CommandLine.create({
      folder: sound,
      server: { host, port, username: "district", hostKey },
      secrets,
    });
    expect((await cli.run("run")).exitCode).toBe(0);
  });
  afterAll(() => rm(sound, { recursive: true, force: true }));

  /** A copy of the consistent lake. */
  async function copy(): Promise<CommandLine> {
    const folder = await temporaryFolder();
    await cp(path.join(sound, "lake"), path.join(folder, "lake"), { recursive: true });
    const server = { host: "127.0.0.1", port: 1, username: "district", hostKey: `SHA256:${"A".repeat(43)}` };
    return CommandLine.create({ folder, server, secrets });
  }

  async function verify(cli: CommandLine) {
    const before = await contentsBelow(cli.lakeFolder);
    const { exitCode, json, stderr } = await cli.run("verify", "--json");
    const { problems, ...rest } = document.parse(json);
    expect({ exitCode, stderr }).toEqual({ exitCode: problems.length > 0 ? 1 : 0, stderr: "" });
    expect(await contentsBelow(cli.lakeFolder)).toEqual(before);
    return { ...rest, problems };
  }

  async function oneFile(cli: CommandLine, folder: string, end: string): Promise<string> {
    const found = (await filesBelow(path.join(cli.lakeFolder, folder))).find((file) => file.endsWith(end));
    return `${folder}/${found}`;
  }
  const commitOf = (table: string) => `${table}/_delta_log/00000000000000000000.json`;

  test("finds nothing in a consistent lake, with or without the salt", async () => {
    const cli = await copy();
    const { tables, landedFiles, problems } = await verify(cli);
    expect(problems).toEqual([]);
    expect(landedFiles).toBe(12);
    expect(tables).toHaveLength(4);
    expect((await verify(cli.withSecrets({}))).problems).toEqual([]);
  });

  const damages: [string, (cli: CommandLine) => Promise<string>][] = [
    [
      "a changed landed byte",
      async (cli) => {
        const file = await oneFile(cli, "stage1np/clever/resource-usage", ".csv");
        const bytes = await readFile(path.join(cli.lakeFolder, file));
        bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
        await writeFile(path.join(cli.lakeFolder, file), bytes);
        return file;
      },
    ],
    ["a deleted landed file", (cli) => removed(cli, "stage1np/clever/resource-usage", ".csv")],
    [
      "a raw file that is not in the log",
      async (cli) => {
        const file = await oneFile(cli, "stage1np/clever/resource-usage", ".csv");
        const stray = file.replace(/[^/]+$/, "stray.csv");
        await cp(path.join(cli.lakeFolder, file), path.join(cli.lakeFolder, stray));
        return stray;
      },
    ],
    ["a deleted data file", (cli) => removed(cli, participation, ".parquet")],
    [
      "a deleted data file of a lookup",
      (cli) => removed(cli, "stage2np/clever/resource_usage_lookup", ".parquet"),
    ],
    ["a deleted data file of the ingest log", async (cli) => (await removed(cli, log, ".parquet")) && log],
    [
      "a truncated data file",
      async (cli) => {
        const file = await oneFile(cli, participation, ".parquet");
        await truncate(path.join(cli.lakeFolder, file), 500);
        return file;
      },
    ],
    [
      "a data file with different bytes",
      async (cli) => {
        const file = await oneFile(cli, participation, ".parquet");
        const bytes = await readFile(path.join(cli.lakeFolder, file));
        await writeFile(path.join(cli.lakeFolder, file), bytes.fill(0, 100));
        return participation;
      },
    ],
    [
      "a table's log with a file taken out",
      async (cli) => {
        const place = path.join(cli.lakeFolder, commitOf(participation));
        const lines = (await readFile(place, "utf8")).trimEnd().split("\n");
        const gone = lines.findIndex((line) => line.startsWith('{"add"'));
        await writeFile(place, `${lines.toSpliced(gone, 1).join("\n")}\n`);
        // The landing order decides which files were written together: all sources of this one lack rows.
        const { add } = JSON.parse(lines[gone] ?? "{}") as { add?: AddFile };
        const [source = "none"] = (add && contentsOf(add).sources?.keys()) ?? [];
        return source;
      },
    ],
    [
      "a table's log that is no JSON",
      async (cli) => {
        await writeFile(path.join(cli.lakeFolder, commitOf(participation)), "{");
        return participation;
      },
    ],
    [
      "a missing table",
      async (cli) => {
        await rm(path.join(cli.lakeFolder, participation), { recursive: true });
        for (const command of [["metrics"], ["groups"], ["dashboard", "--out", `${cli.lakeFolder}.html`]]) {
          const { exitCode, stderr } = await cli.run(...command);
          expect({ exitCode, stderr }).toEqual({
            exitCode: 2,
            stderr: expect.stringContaining("table is gone"),
          });
        }
        return participation;
      },
    ],
    [
      "a missing ingest log",
      async (cli) => {
        await rm(path.join(cli.lakeFolder, log), { recursive: true });
        return "daily-participation/";
      },
    ],
  ];

  async function removed(cli: CommandLine, folder: string, end: string): Promise<string> {
    const file = await oneFile(cli, folder, end);
    await rm(path.join(cli.lakeFolder, file));
    return file;
  }

  test.each(damages)("finds %s", async (_, damage) => {
    const cli = await copy();
    const subject = await damage(cli);
    const { problems } = await verify(cli);
    expect(problems.map((each) => each.subject)).toContainEqual(expect.stringContaining(subject));
  });

  test("also reports its findings in words", async () => {
    const cli = await copy();
    const gone = await removed(cli, participation, ".parquet");
    const { exitCode, stdout } = await cli.run("verify");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: expect.stringContaining(gone) });
  });

  test("metrics names a deleted data file, and does not blame the cache", async () => {
    const cli = await copy();
    const file = await removed(cli, participation, ".parquet");
    const { exitCode, stdout, stderr } = await cli.run("metrics", "--no-cache");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(file);
    expect(stderr).not.toContain("There is no cache");
  });

  test("metrics and dashboard answer without a damaged ingest log, and say that quarantine is unknown", async () => {
    const cli = await copy();
    const file = await removed(cli, "stage1np/clever/_ingest_log", ".parquet");
    const metrics = await cli.run("metrics", "--no-cache", "--json");
    expect(metrics).toMatchObject({ exitCode: 0, json: { users: expect.any(Number) } });
    expect(metrics.json).not.toHaveProperty("quarantined");
    const out = path.join(cli.lakeFolder, "..", "usage.html");
    const dashboard = await cli.run("dashboard", "--no-cache", "--out", out);
    expect(dashboard.exitCode).toBe(0);
    for (const { stderr } of [metrics, dashboard]) {
      expect(stderr).toMatch(
        /^warning: Files in quarantine or changes by other programs may not be listed\. /m,
      );
      expect(stderr).toContain(file);
    }
  });

  test("metrics, groups, engagement and dashboard warn of rows that another program changed", async () => {
    const cli = await copy();
    const file = await oneFile(cli, participation, ".parquet");
    const remove = { path: path.relative(participation, file), dataChange: true };
    const commit = path.join(cli.lakeFolder, participation, "_delta_log", "00000000000000000001.json");
    await writeFile(
      commit,
      [{ commitInfo: { operation: "DELETE" } }, { remove }]
        .map((each) => `${JSON.stringify(each)}\n`)
        .join(""),
    );
    const out = path.join(cli.lakeFolder, "..", "usage.html");
    const json = expect.objectContaining({ rowsChanged: true }) as unknown;
    for (const [command, what, document] of [
      [["metrics", "--no-cache"], "The numbers", undefined],
      [["metrics", "--no-cache", "--json"], "The numbers", json],
      [["groups", "--no-cache", "--json"], "Its rows", json],
      [["engagement", "--json"], "Its rows", json],
      [["dashboard", "--no-cache", "--out", out], "The numbers", undefined],
    ] as const) {
      const answered = await cli.run(...command);
      expect(answered).toMatchObject({ exitCode: 0, ...(document ? { json: document } : {}) });
      expect(answered.stderr).toContain(
        `warning: ${what} may be wrong. ${participation}: Another program changed its rows: DELETE. `,
      );
    }
    expect(await readFile(out, "utf8")).toContain('"rowsChanged":true');
  });

  test("opens the lake by the address in the configuration", async () => {
    const cli = await copy();
    const config = z.looseObject({}).parse(JSON.parse(await readFile(cli.configFile, "utf8")));
    const elsewhere = path.join(await temporaryFolder(), "a lake with spaces & ünïcode #1");
    await cp(cli.lakeFolder, elsewhere, { recursive: true });
    await writeFile(
      cli.configFile,
      JSON.stringify({ ...config, lake: { url: pathToFileURL(elsewhere).href } }),
    );
    await rm(cli.lakeFolder, { recursive: true });
    const { exitCode, stdout } = await cli.run("verify");
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringContaining("No discrepancies found."),
    });
  });
});
