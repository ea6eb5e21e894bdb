import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Duck, sqlString } from "../../src/duck/duck";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { startSftpServer } from "../../src/sftp/server/server";
import { type CliResult, CommandLine } from "../helpers/cli";
import { filesBelow } from "../helpers/lakeFiles";
import { sampleIdentities } from "../helpers/sampleIdentities";

/** No identity of a whole district is in any byte outside of the two folders meant for them. */

const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };
const district = sampleDistrict({ students: 250, teachers: 30, staff: 12, schools: 4, days: 13 });
const identityLengths = new Map<number, Set<string>>();
for (const identity of sampleIdentities(district)) {
  const sameLength = identityLengths.get(identity.length) ?? new Set();
  identityLengths.set(identity.length, sameLength.add(identity));
}

/** The identities that occur anywhere in a text. */
function identitiesIn(text: string): string[] {
  const found: string[] = [];
  for (const [length, known] of identityLengths) {
    for (let start = 0; start + length <= text.length; start++) {
      const piece = text.slice(start, start + length);
      if (known.has(piece)) found.push(piece);
    }
  }
  return found;
}

describe("after runs over all user types", () => {
  let folder: string;
  let cli: CommandLine;
  let lake: string;
  const outputs: CliResult[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-leaks-"));
    const reports = path.join(folder, "reports");
    const days = district.days;
    const write = (from: number, to?: number) =>
      writeDistrict(district, reports, {
        from: days[from] ?? "",
        ...(to === undefined ? {} : { to: days[to] ?? "" }),
      });
    await using server = await startSftpServer({
      folder: await write(0, 1).then(() => reports),
      username: "district",
      password: secrets.CLEVER_SFTP_PASSWORD,
    });
    const { host, port, hostKeyFingerprint: hostKey } = server;
    cli = await CommandLine.create({
      folder,
      server: { host, port, username: "district", hostKey },
      secrets,
      minimumGroupSize: 0,
    });
    lake = cli.lakeFolder;
    // More than ten commits to a table, so that the searched files include checkpoints.
    for (let day = 2; day <= days.length; day++) {
      if (day < days.length) await write(day, day);
      outputs.push(await cli.run("run", ...(day % 2 === 0 ? ["--json"] : [])));
    }
    for (const command of ["status", "metrics", "verify"]) {
      outputs.push(await cli.run(command), await cli.run(command, "--json"));
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("identities are where they belong, so the search is able to find them", async () => {
    expect(outputs.map(({ exitCode }) => exitCode)).toEqual(outputs.map(() => 0));
    for (const place of ["stage1np/clever/daily-participation", "stage1np/clever/resource-usage"]) {
      const [file = ""] = await filesBelow(path.join(lake, place));
      expect(identitiesIn(await readFile(path.join(lake, place, file), "latin1")).length).toBeGreaterThan(5);
    }
    const lookups = (await filesBelow(path.join(lake, "stage2np"))).filter((file) =>
      file.endsWith(".parquet"),
    );
    const texts = await Promise.all(lookups.map((file) => parquetText(path.join(lake, "stage2np", file))));
    const found = new Set(texts.flatMap(identitiesIn));
    const present = new Set<string>();
    for (const file of await filesBelow(path.join(folder, "reports"))) {
      const text = await readFile(path.join(folder, "reports", file), "latin1");
      for (const identity of identitiesIn(text)) present.add(identity);
    }
    expect(found).toEqual(present);
  });

  /** All cells of a Parquet file as text, decompressed, and its whole footer. */
  async function parquetText(file: string): Promise<string> {
    await using duck = await Duck.open({ threads: 1 });
    return await duck.session(async (session) => {
      const place = sqlString(file);
      const sources = [
        `read_parquet(${place}, hive_partitioning = false)`,
        `parquet_metadata(${place})`,
        `parquet_file_metadata(${place})`,
        `parquet_kv_metadata(${place})`,
        `parquet_schema(${place})`,
      ];
      const texts: string[] = [];
      for (const source of sources) {
        const { text } = await session.one(
          `SELECT string_agg(row_::VARCHAR, chr(10)) AS text FROM ${source} row_`,
        );
        texts.push(String(text));
      }
      return texts.join("\n");
    });
  }

  test("no identity is in stage2p, neither in its bytes nor in their decompressed contents", async () => {
    const files = await filesBelow(path.join(lake, "stage2p"));
    for (const kind of [/\.json$/, /\.checkpoint\.parquet$/, /_last_checkpoint$/, /\.snappy\.parquet$/]) {
      expect(files.filter((file) => kind.test(file)).length, String(kind)).toBeGreaterThan(0);
    }
    for (const file of files) {
      expect(identitiesIn(file), file).toEqual([]);
      const place = path.join(lake, "stage2p", file);
      const bytes = await readFile(place);
      expect(identitiesIn(bytes.toString("latin1")), file).toEqual([]);
      expect(bytes.includes(secrets.CLEVER_SALT), file).toBe(false);
      if (file.endsWith(".parquet")) expect(identitiesIn(await parquetText(place)), file).toEqual([]);
    }
  });

  test("no identity is in the output, the salt's fingerprint, or the ingest log", async () => {
    for (const { stdout, stderr } of outputs) expect(identitiesIn(stdout + stderr)).toEqual([]);
    const others = (await filesBelow(lake)).filter((file) =>
      /_salt_fingerprint|_ingest_log|_runs|_delta_log/.test(file),
    );
    expect(others.length).toBeGreaterThan(40);
    for (const file of others) {
      const place = path.join(lake, file);
      const bytes = await readFile(place);
      expect(bytes.includes(secrets.CLEVER_SALT), file).toBe(false);
      // The lookups' logs have statistics of the identities, in the same place as the identities.
      if (/^stage2np\/.*_lookup\/_delta_log\//.test(file)) continue;
      expect(identitiesIn(bytes.toString("latin1")), file).toEqual([]);
      if (file.endsWith(".parquet")) expect(identitiesIn(await parquetText(place)), file).toEqual([]);
    }
  });

  test("only their owner can read files with identities", async () => {
    const modes = async (file: string) => (await stat(path.join(lake, file))).mode & 0o777;
    for (const fileSystem of ["stage1np", "stage2np"]) {
      expect(await modes(fileSystem)).toBe(0o700);
      for (const file of await filesBelow(path.join(lake, fileSystem))) {
        expect(await modes(`${fileSystem}/${file}`), file).toBe(0o600);
        for (let parent = path.dirname(file); parent !== "."; parent = path.dirname(parent)) {
          expect(await modes(`${fileSystem}/${parent}`), parent).toBe(0o700);
        }
      }
    }
    expect(await modes(".clever-lake-tmp")).toBe(0o700);
    expect(await filesBelow(path.join(lake, ".clever-lake-tmp"))).toEqual([]);
  });
});
