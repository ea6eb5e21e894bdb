import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { lookupTable, pseudoTable, sparkBatchesFolder } from "../../src/clever/layout";
import { reportNames, reports } from "../../src/clever/reports";
import type { EngineStatus } from "../../src/pipeline/read/readEngine";
import { verifyLake } from "../../src/pipeline/verify/verify";
import { livyServiceOf } from "../../src/spark/livy/livyService";
import { LivySession, type LivySessionOptions } from "../../src/spark/livy/livySession";
import { SparkEngine } from "../../src/spark/sparkEngine";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake } from "../helpers/adls";
import { runInto, stateOf } from "../helpers/adlsPipeline";
import { lakeRows } from "../helpers/lakeRows";
import { LivyServer, processesWith, StubVault } from "../helpers/livy";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { sparkJars } from "../helpers/spark";
import { sparkScripts } from "../helpers/sparkEngine";

describe("a real Apache Livy 0.7.1", { timeout: 600_000 }, () => {
  let folder = "";
  let vault: StubVault;
  let emulator: AdlsEmulator;
  let livy: LivyServer | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-test-"));
    await mkdir(path.join(folder, "events"));
    emulator = await AdlsEmulator.start();
    const jars = await sparkJars();
    const azure = [
      "hadoop-azure-3.3.4",
      "azure-storage-7.0.1",
      "azure-keyvault-core-1.0.0",
      "wildfly-openssl-1.0.7.Final",
    ];
    const settings = [
      "spark.eventLog.enabled true",
      `spark.eventLog.dir file://${folder}/events`,
      // Hadoop's driver for Data Lake Storage, redirected to the emulator.
      `spark.driver.extraClassPath ${azure.map((name) => `${jars}/${name}.jar`).join(":")}`,
      `spark.hadoop.fs.azure.abfs.endpoint 127.0.0.1:${emulator.port}`,
      "spark.hadoop.fs.azure.always.use.https false",
      "spark.hadoop.fs.azure.account.auth.type SharedKey",
      `spark.hadoop.fs.azure.account.key.${emulator.account}.dfs.core.windows.net ${emulator.key}`,
    ];
    await writeFile(path.join(folder, "spark-defaults.conf"), settings.join("\n"));
    vault = await StubVault.start();
    vault.salt = `${salt}\n`;
    livy = await LivyServer.start({
      allowed: folder,
      environment: { SPARK_CONF_DIR: folder, AZURE_POD_IDENTITY_AUTHORITY_HOST: vault.url },
    });
  }, 600_000);
  afterAll(async () => {
    await livy?.[Symbol.asyncDispose]();
    await vault[Symbol.asyncDispose]();
    await emulator[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  let count = 0;
  const fixtureOf = async () => {
    const fixture = await PipelineFixture.create(path.join(folder, `lake ${count++}`));
    await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
    return fixture;
  };
  const engineOf = (server: LivyServer, more: Partial<LivySessionOptions> = {}) =>
    new SparkEngine((task) =>
      LivySession.start(
        {
          service: livyServiceOf({ url: server.url }),
          scripts: sparkScripts,
          saltKeyVaultUrl: vault.url,
          pollMilliseconds: 200,
          patienceSeconds: 60,
          retries: 2,
          firstWait: 100,
          ...more,
        },
        task,
      ),
    );
  /** The processes of a fixture's batches, whose arguments name its mailbox. */
  const batchesOf = ({ lake }: PipelineFixture) => processesWith(lake.localPath(sparkBatchesFolder));
  const filesOf = async (fixture: PipelineFixture, below: string) => {
    const paths: string[] = [];
    for await (const entry of fixture.lake.list(below, { recursive: true })) paths.push(entry.path);
    return paths;
  };

  test("one batch does the work of a run as the embedded engine does, reports progress, and leaves nothing behind", async () => {
    if (!livy) return;
    const alone = await fixtureOf();
    const fixture = await fixtureOf();
    for (const each of [alone, fixture]) {
      await each.put(usagePath(), usageCsv(usage("amy", "maps"), usage("ben", "Lexia Core5")));
      await each.put(
        dailyPath("2024-10-04"),
        dailyCsv(daily("amy", "2024-10-04"), daily("cat", "2024-10-04")),
      );
      await each.put(dailyPath("2024-09-05"), dailyCsv(daily("amy", "2024-09-31")));
    }
    const before = livy.requests.length;
    const statuses: EngineStatus[] = [];
    const lines = new Set<string>();
    const ours = await alone.run();
    let theirs: Awaited<ReturnType<typeof fixture.run>>;
    {
      await using engine = engineOf(livy);
      theirs = await fixture.run({
        engine: engine.open,
        onProgress: ({ engine: status }) => {
          if (status === null) return;
          statuses.push(status);
          for (const { line } of processesWith("_spark/batches")) lines.add(line);
        },
      });
    }
    const { runId: _, milliseconds: __, ...reported } = ours;
    expect(theirs).toMatchObject(reported);
    for (const table of reportNames.flatMap((name) => [
      pseudoTable(reports[name]),
      lookupTable(reports[name]),
    ])) {
      expect(await lakeRows(fixture.lake, table)).toEqual(await lakeRows(alone.lake, table));
    }
    expect((await fixture.verify()).problems).toEqual([]);

    expect([...new Set(statuses.map(({ state }) => state))]).toEqual([
      "starting",
      "reading",
      "checking",
      "writing",
    ]);
    expect(statuses.map(({ line }) => line)).toContainEqual(
      expect.stringMatching(/^stage \d+, task \d+ of \d+$/),
    );
    const requests = livy.requests.slice(before);
    expect(requests.filter((each) => each.startsWith("POST"))).toEqual(["POST /batches"]);
    expect(requests.filter((each) => each.startsWith("DELETE"))).toEqual([]);
    expect((await livy.batches()).map(({ state }) => state)).toEqual(["success"]);
    expect(await filesOf(fixture, sparkBatchesFolder)).toEqual([]);
    const programs = await filesOf(fixture, "stage1np/clever/_spark/programs");
    expect(programs.map((each) => each.replace(/[0-9a-f]{64}/, "HASH")).sort()).toEqual(
      [
        "",
        "/clever_lake.zip",
        "/clever_lake_job.py",
        "/daily_participation.json",
        "/resource_usage.json",
      ].map((name) => `stage1np/clever/_spark/programs/HASH${name}`),
    );

    // The salt came from the vault and is nowhere else.
    expect(vault.requests).toContain("/secrets/oeaSalt?api-version=7.4 Bearer of the machine");
    expect(lines.size).toBeGreaterThan(0);
    const events = await readdir(path.join(folder, "events"));
    expect(events.length).toBeGreaterThan(0);
    const places = {
      requests: livy.traffic.join("\n"),
      server: livy.log,
      commandLines: [...lines].join("\n"),
      events: (
        await Promise.all(events.map((name) => readFile(path.join(folder, "events", name), "utf8")))
      ).join(),
      batchLog: await (await fetch(`${livy.url}/batches/0/log?size=10000`)).text(),
    };
    expect(places.requests).toContain(vault.url);
    for (const [place, text] of Object.entries(places)) {
      for (const secret of [salt, "sis-amy", "clever-amy"]) {
        expect({ place, isThere: text.includes(secret) }).toEqual({ place, isThere: false });
      }
    }
  });

  test("reads and writes a lake in Data Lake Storage through abfs", async () => {
    if (!livy) return;
    const alone = await fixtureOf();
    await alone.put(usagePath(), usageCsv(usage("amy", "maps")));
    await alone.put(dailyPath("2024-09-05"), dailyCsv(daily("amy", "2024-09-31")));
    await alone.run();
    const lake = openLake(emulator, { auth: "sharedKey" });
    const { account } = emulator;
    const addressOf = (place: string) => {
      const [stage, ...rest] = place.split("/");
      return `abfs://${stage}@${account}.dfs.core.windows.net/${rest.join("/")}`;
    };
    {
      await using engine = engineOf(livy, { addressOf });
      const { failed } = await runInto(lake, alone.source, { engine: engine.open });
      expect(failed).toEqual([]);
    }
    expect(await stateOf(lake)).toEqual(await stateOf(alone.lake));
    expect((await verifyLake(lake, salt)).problems).toEqual([]);
    const left: string[] = [];
    for await (const { path: each } of lake.list(sparkBatchesFolder, { recursive: true })) left.push(each);
    expect(left).toEqual([]);
  });

  test("a run that is cancelled ends its batch", async () => {
    if (!livy) return;
    const fixture = await fixtureOf();
    const stop = new AbortController();
    const before = livy.requests.length;
    {
      await using engine = engineOf(livy);
      const running = fixture.run({ engine: engine.open, signal: stop.signal });
      const cancelled = expect(running).rejects.toThrow("stopped by a person");
      await vi.waitFor(() => expect(batchesOf(fixture)).not.toEqual([]), 60_000);
      stop.abort(new Error("stopped by a person"));
      await cancelled;
    }
    expect(livy.requests.slice(before).filter((each) => each.startsWith("DELETE"))).toHaveLength(1);
    await vi.waitFor(() => expect(batchesOf(fixture)).toEqual([]), 30_000);
    expect(await filesOf(fixture, sparkBatchesFolder)).toEqual([]);
    expect((await fixture.run()).anonymized).toBe(1);
  });

  test.each([
    ["refuses it", 403, salt, /the key vault answered with 403/],
    ["has another one", 200, "pepper of another lake", /the key vault has another salt than this run/],
  ])(
    "if the vault %s, the batch reports it and nothing is pseudonymized",
    async (_, status, inVault, message) => {
      if (!livy) return;
      const fixture = await fixtureOf();
      Object.assign(vault, { status, salt: inVault });
      try {
        await using engine = engineOf(livy);
        const { failed } = await fixture.run({ engine: engine.open });
        expect(failed).toEqual([expect.objectContaining({ reason: expect.stringMatching(message) })]);
      } finally {
        Object.assign(vault, { status: 200, salt });
      }
      expect(await fixture.rows()).toEqual([]);
      expect((await fixture.run()).anonymized).toBe(1);
    },
  );

  test("a batch that dies is reported, with what to do; the landed file waits", async () => {
    if (!livy) return;
    const fixture = await fixtureOf();
    await using engine = engineOf(livy);
    const running = fixture.run({ engine: engine.open });
    // Not the short-lived program that prints Spark's command line.
    const isSpark = ({ line }: { line: string }) => line.includes("java") && !line.includes("launcher.Main");
    const ours = await vi.waitFor(() => {
      const found = batchesOf(fixture).filter(isSpark);
      expect(found).not.toEqual([]);
      return found;
    }, 60_000);
    for (const { pid } of ours) process.kill(pid, "SIGKILL");
    const { failed } = await running;
    expect(failed).toEqual([
      expect.objectContaining({
        reason: expect.stringMatching(
          /batch \d+: The batch ended before its work was done \(dead\)\..*the next run processes the landed files/,
        ),
      }),
    ]);
    expect((await fixture.run()).anonymized).toBe(1);
  });

  test("an unreachable server is reported, and the abandoned batch ends on its own", async () => {
    if (!livy) return;
    const fixture = await fixtureOf();
    {
      await using engine = engineOf(livy, { patienceSeconds: 5 });
      const running = fixture.run({ engine: engine.open });
      await vi.waitFor(() => expect(batchesOf(fixture)).not.toEqual([]), 60_000);
      await livy.crash();
      const { failed } = await running;
      expect(failed).toEqual([
        expect.objectContaining({ reason: expect.stringContaining("The Spark service cannot be reached.") }),
      ]);
    }
    await vi.waitFor(() => expect(batchesOf(fixture)).toEqual([]), {
      timeout: 300_000,
      interval: 500,
    });
    expect((await fixture.run()).anonymized).toBe(1);
  });
});
