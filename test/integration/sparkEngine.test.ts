import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SparkEngine } from "../../src/spark/sparkEngine";
import { submitSpark } from "../../src/spark/sparkProcess";
import { clean, engineTask, inOrder, line, readWith, unclean } from "../helpers/engineContract";
import { lakeState } from "../helpers/lakeState";
import { peopleInFiles } from "../helpers/peopleInFiles";
import {
  daily,
  dailyCsv,
  dailyHeader,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { embedded } from "../helpers/readEngines";
import { sparkEngine, sparkScripts } from "../helpers/sparkEngine";
import { temporaryFolder } from "../helpers/temporaryFolder";

const withSchool = (name: string, school = name) => line(school).replace("North High", name);
const older = (text: string) => text.replace(",school_name", "").replaceAll(",North High", "");

/** In a fixed order, including everything nested. */
const sorted = (rows: readonly object[]) =>
  rows.map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))).sort();

/** Formats that Spark must read, in addition to those of every engine. */
const sound: readonly (readonly [string, string])[] = [
  [
    "commas and quotes within quotes",
    dailyCsv(withSchool('"North, ""High"""', "amy"), withSchool('"South"', "ben")),
  ],
  ["lines that end in CR LF", dailyCsv(line("amy"), line("ben")).replaceAll("\n", "\r\n")],
  ["the columns of older files", older(dailyCsv(line("amy"), line("ben")))],
  ["a person without an id of the school system", dailyCsv(line("amy").replace("sis-amy", ""), line("ben"))],
  ["letters beyond ASCII", dailyCsv(withSchool("Peñasco Élémentaire 学校", "amy"))],
];

/** Formats that only other engines read, or that need a note. */
const odd: readonly (readonly [string, string])[] = [
  ["the header after the rows", `${line("amy")}\n${line("ben")}\n${dailyHeader}\n`],
  ["the header twice", dailyCsv(line("amy"), dailyHeader, line("ben"))],
  ["a header of another user type", dailyCsv(line("amy")).replace("sis_id", "staff_id")],
  ["a header within quotes", dailyCsv(line("amy")).replace("date", '"date"')],
  ["a byte-order mark", `\ufeff${dailyCsv(line("amy"))}`],
  ["columns in another order", dailyCsv(line("amy")).replace("date,sis_id", "sis_id,date")],
  ["an additional column", dailyCsv(`${line("amy")},x`).replace("accessed\n", "accessed,more\n")],
  ["no row", dailyCsv()],
  ["no line end after the last line", dailyCsv(line("amy"), line("ben")).trimEnd()],
  ["a blank line", dailyCsv(line("amy"), "", line("ben"))],
  ["a line break within quotes", dailyCsv(withSchool('"North\nHigh"', "amy"))],
  ["a quote that never closes", dailyCsv(line("amy"), withSchool('"North', "ben"))],
  ["a space before a quote", dailyCsv(withSchool(' "North"', "amy"))],
  ["text after a quote", dailyCsv(withSchool('"North"x', "amy"))],
  ["a row twice", dailyCsv(line("amy"), line("amy"))],
  ["two rows of a day", dailyCsv(line("amy"), line("amy").replace(",1,2", ",3,4"))],
  ["an id with two others", dailyCsv(line("amy"), line("amy").replace("sis-amy", "sis-amy2"))],
  ["an id in a different letter case", dailyCsv(line("eve"), line("eve").replace("sis-eve", "SIS-eve"))],
  [
    "a Clever id in a different letter case",
    dailyCsv(line("fay"), line("gus").replace("clever-gus", "Clever-fay")),
  ],
  ["an e-mail address in a text", dailyCsv(withSchool("ann@example.org", "amy"))],
  ["a person's id in a text", dailyCsv(withSchool("North sis-7amy", "amy").replace(",sis-amy", ",sis-7amy"))],
  ["a link to a person", dailyCsv(withSchool("https://x.example/users/12", "amy"))],
  ["white space as a text", dailyCsv(withSchool("  ", "amy"))],
  ["a Clever id as a text", dailyCsv(withSchool("0123456789abcdef01234567", "amy"))],
  ["an id with letters beyond ASCII", dailyCsv(line("amy").replace("sis-amy", "sis-ämy"))],
  ["TRUE", dailyCsv(line("amy").replace("true", "TRUE"))],
  ["years apart", dailyCsv(line("amy"), line("ben", "2023-09-04"))],
];

describe("Apache Spark as an engine", () => {
  let spark: SparkEngine | undefined;
  let [folder, events] = ["", ""];
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-test-"));
    events = path.join(folder, "events");
    await mkdir(events);
    const settings = ["spark.eventLog.enabled true", `spark.eventLog.dir file://${events}`];
    await writeFile(path.join(folder, "spark-defaults.conf"), settings.join("\n"));
    process.env.SPARK_CONF_DIR = folder;
    spark = await sparkEngine();
  }, 600_000);
  afterAll(async () => {
    await spark?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test("reads files in Clever's own format as the embedded engine does, and no others", async () => {
    if (!spark) return;
    const plain = [...clean.map(([name, content]) => [name, content] as const), ...sound];
    const files = [...plain, ...unclean, ...odd];
    const contents = files.map(([, content]) => content);
    const ours = await readWith(embedded, contents);
    const theirs = await readWith(spark.open, contents);
    const answered = theirs.read.map(({ entry }) => files[theirs.sources.indexOf(entry.source)]?.[0]);
    expect(answered).toEqual(plain.map(([name]) => name));
    const sources = new Set(theirs.read.map(({ entry }) => entry.source));
    expect(inOrder(theirs.rows)).toEqual(
      inOrder(ours.rows.filter(({ source_file }) => sources.has(String(source_file)))),
    );
    const reported = (read: typeof ours.read) =>
      read
        .filter(({ entry }) => sources.has(entry.source))
        .map(({ entry, ...rest }) => ({ ...rest, source: entry.source }));
    expect(sorted(reported(theirs.read))).toEqual(sorted(reported(ours.read)));
  }, 600_000);

  test("alternating with the embedded engine, gives the same tables, lookups and log as that engine alone", async () => {
    if (!spark) return;
    const alone = await PipelineFixture.create();
    // Spark treats addresses as patterns, and percent-encodes those that it returns.
    const mixed = await PipelineFixture.create(path.join(await temporaryFolder(), "[a] {b} 100% #1 é"));
    const people = ["amy", "ben", "cat", "dan"];
    const put = async (path: string, content: string) => {
      for (const fixture of [alone, mixed]) await fixture.put(path, content);
    };
    const day = async (date: string, logins: number) => {
      await put(dailyPath(date), dailyCsv(...people.map((person) => daily(person, date, logins))));
      const used = people.flatMap((person) =>
        ["Lexia Core5", "maps"].map((name) => usage(person, name, date)),
      );
      await put(usagePath(date), usageCsv(...used));
    };
    const turns: readonly (readonly [string, boolean, () => Promise<void>])[] = [
      [
        "two days, and a bad file",
        true,
        async () => {
          await day("2024-09-03", 1);
          await day("2024-09-30", 2);
          await put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-31")));
        },
      ],
      ["a day by the embedded engine", false, () => day("2024-10-01", 3)],
      [
        "a corrected day, an overlapping file, a text with an id, the bad file corrected",
        true,
        async () => {
          await day("2024-09-03", 7);
          await put(
            dailyPath("2024-09-29"),
            dailyCsv(daily("amy", "2024-09-30", 2), daily("eve", "2024-09-29")),
          );
          await put(usagePath("2024-09-04"), usageCsv(usage("amy", "work of sis-7", "2024-09-04")));
          await put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-04"), daily("7", "2024-09-04")));
        },
      ],
      [
        "a file with fewer people again",
        false,
        () => put(dailyPath("2024-09-30"), dailyCsv(daily("ben", "2024-09-30"), daily("cat", "2024-09-30"))),
      ],
    ];
    for (const [what, isSpark, change] of turns) {
      await change();
      const ours = await alone.run();
      const theirs = await mixed.run(isSpark ? { engine: spark.open } : {});
      const { runId: _, milliseconds: __, ...reported } = ours;
      expect({ what, ...theirs }).toMatchObject({ what, ...reported });
      expect(await lakeState(mixed.lake), what).toEqual(await lakeState(alone.lake));
      // The embedded engine leaves a file with few rows as it is.
      if (what !== turns[0]?.[0]) continue;
      for (const { people, changes } of await peopleInFiles(mixed.lake)) expect(changes, what).toBe(people);
    }
    expect((await mixed.verify()).problems).toEqual([]);
  }, 600_000);

  test("writes neither the salt nor anybody's id into Spark's event log", async () => {
    if (!spark) return;
    const logs = await Promise.all(
      (await readdir(events)).map((name) => readFile(path.join(events, name), "utf8")),
    );
    expect(logs.join("")).toContain("sis_id_pseudonym");
    for (const secret of [salt, "sis-amy", "clever-amy"]) expect(logs.join("").includes(secret)).toBe(false);
  });

  test("ends if the run is cancelled", async () => {
    if (!spark) return;
    const other = await sparkEngine();
    if (!other) return;
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    const stop = new AbortController();
    const running = fixture.run({ engine: other.open, signal: stop.signal });
    setTimeout(() => stop.abort(new Error("stopped by a person")), 1_500);
    await expect(running).rejects.toThrow("stopped by a person");
    await other[Symbol.asyncDispose]();
    expect((await fixture.run()).anonymized).toBe(1);
  });
});

test("a missing program is reported, with what to do; the landed file waits", async () => {
  await using missing = new SparkEngine(
    submitSpark({ program: "no-such-spark-submit", scripts: sparkScripts }),
  );
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy")));
  const { failed } = await fixture.run({ engine: missing.open });
  expect(failed.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(
      /^no-such-spark-submit: Spark is not running: the program does not exist\..*spark-submit --version/,
    ),
  ]);
  expect((await fixture.run()).anonymized).toBe(1);
});

test("is not started without files", async () => {
  await using engine = new SparkEngine(
    submitSpark({ program: "no-such-spark-submit", scripts: sparkScripts }),
  );
  const { lake } = await PipelineFixture.create();
  expect(await engine.open(await engineTask(lake)).readClean([])).toEqual({ read: [], staged: [] });
});
