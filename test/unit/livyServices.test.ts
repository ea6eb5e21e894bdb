import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { storedZip } from "../../src/basics/storedZip";
import { sparkBatchesFolder } from "../../src/clever/layout";
import { type Config, parseConfig } from "../../src/config";
import { hadoopAddress, hadoopUri } from "../../src/lake/hadoopAddress";
import { LivyBatches } from "../../src/spark/livy/livyBatches";
import { type LivyService, livyServiceOf, livyTargetOf } from "../../src/spark/livy/livyService";
import { LivySession } from "../../src/spark/livy/livySession";
import { SparkEngine } from "../../src/spark/sparkEngine";
import { folderUrl, sparkFolder } from "../helpers/folderUrl";
import { daily, dailyCsv, dailyPath, PipelineFixture, salt } from "../helpers/pipelineFixture";
import { sparkScripts } from "../helpers/sparkEngine";

/**
 * Synapse and Fabric: a stub that responds as their API references specify. Sources:
 * learn.microsoft.com/rest/api/synapse/data-plane/spark-batch (paths, fields and states of a batch; it has no path for state
 * or log alone) and learn.microsoft.com/fabric/data-engineering/api-livy-overview (paths).
 */

const workspace = "f8113ba8-dd81-443e-811a-b385340f3f05";
const lakehouse = "9611f500-bf44-42e0-a0de-78dacb374398";
const synapse = livyServiceOf({ workspace: "district", pool: "small1" });
const fabric = livyServiceOf({ workspace, lakehouse });

interface Asked {
  readonly line: string;
  readonly body: string;
}

/** A local service that records its requests. If `answer` returns undefined, the connection is cut. */
async function stub(
  of: LivyService,
  answer: (
    asked: Asked,
  ) => { readonly status?: number; readonly body?: unknown; readonly retryAfter?: string } | undefined,
): Promise<{ service: LivyService; asked: Asked[]; close: () => void }> {
  const asked: Asked[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const line = `${request.headers.authorization ?? "nobody"} ${request.method} ${request.url}`;
    const each = { line, body: await text(request) };
    asked.push(each);
    const answered = answer(each);
    if (answered === undefined) return request.socket.destroy();
    const { status = 200, retryAfter } = answered;
    const wait = retryAfter === undefined ? {} : { "retry-after": retryAfter };
    response.writeHead(status, { "content-type": "application/json", ...wait });
    return response.end(JSON.stringify(answered.body ?? {}));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  const batches = `http://127.0.0.1:${port}${new URL(of.batches).pathname}`;
  return { service: { ...of, batches }, asked, close };
}

function tokens(...texts: string[]) {
  const scopes: string[] = [];
  return {
    scopes,
    token: (scope: string) => {
      scopes.push(scope);
      const token = texts.length > 1 ? (texts.shift() ?? "") : (texts[0] ?? "");
      return Promise.resolve({ token, expires: Number.POSITIVE_INFINITY });
    },
  };
}

const request = { name: "n", file: "abfss://stage1np@a/job.py", pyFiles: ["abfss://p.zip"], args: ["x"] };
/** As in Synapse's API reference, with what it omits. */
const synapseBatch = (state: string, more: object = {}) => ({
  livyInfo: null,
  name: "n",
  workspaceName: "district",
  sparkPoolName: "small1",
  jobType: "SparkBatch",
  result: "Uncertain",
  errorInfo: [],
  id: 7,
  appId: "application_1",
  appInfo: null,
  state,
  log: [],
  ...more,
});

describe("batches are sent to", () => {
  test("Synapse, Fabric, or a Livy server", () => {
    expect(synapse).toMatchObject({
      batches:
        "https://district.dev.azuresynapse.net/livyApi/versions/2019-11-01-preview/sparkPools/small1/batches",
      scope: "https://dev.azuresynapse.net/.default",
    });
    expect(fabric).toMatchObject({
      batches: `https://api.fabric.microsoft.com/v1/workspaces/${workspace}/lakehouses/${lakehouse}/livyApi/versions/2023-12-01/batches`,
      scope: "https://api.fabric.microsoft.com/.default",
      sizes: {},
    });
    expect(livyServiceOf({ url: "http://spark:8998/" })).toMatchObject({
      batches: "http://spark:8998/batches",
      scope: undefined,
    });
  });

  const sftp = { host: "h", username: "u" };
  const lake = { url: "https://districtlake.dfs.core.windows.net" };
  const saltKeyVaultUrl = "https://district.vault.azure.net";
  const inPool = { workspace: "district", pool: "small1" };
  const target = (more: object): Config =>
    parseConfig({ sftp, lake, saltKeyVaultUrl, engine: "livy", livy: inPool, ...more }, "");

  test("a configuration that can do the work", () => {
    expect(livyTargetOf(target({})).service.kind).toBe("synapse");
    expect(livyTargetOf(target({ livy: { workspace, lakehouse } })).service.kind).toBe("fabric");
    const own = { livy: { url: "http://spark:8998" }, lake: { url: folderUrl("/data/lake") } };
    expect(livyTargetOf(target(own)).service.kind).toBe("livy");
  });

  test.each([
    ["no address", { livy: {} }, "livy: must have a url, or"],
    ["two addresses", { livy: { ...inPool, url: "http://spark:8998" } }, "livy: must have a url, or"],
    ["a pool and a lakehouse", { livy: { ...inPool, lakehouse } }, "livy: must have a url, or"],
    ["Fabric's workspace by its name", { livy: { workspace: "district", lakehouse } }, "livy.workspace"],
    ["an address of something else", { livy: { url: "ftp://spark" } }, "livy.url"],
    ["a way out of the path", { livy: { workspace: "district", pool: "../x" } }, "livy.pool"],
  ])("%s is refused", (_, more, message) => {
    expect(() => target(more)).toThrow(message);
  });

  test.each([
    ["no livy", { livy: undefined }, "livy"],
    ["a salt that is in no vault", { saltKeyVaultUrl: undefined }, "saltKeyVaultUrl"],
    [
      "a lake in a folder for a cluster in Azure",
      { lake: { url: folderUrl("/data/lake") } },
      folderUrl("/data/lake"),
    ],
    ["a lake in an emulator", { lake: { url: "http://127.0.0.1:1/a" } }, "http://127.0.0.1:1/a"],
    ["a vault on this machine", { saltKeyVaultUrl: "http://127.0.0.1:1" }, "saltKeyVaultUrl"],
  ])("%s is reported before anything is sent", (_, more, subject) => {
    expect(() => livyTargetOf(target(more))).toThrow(expect.objectContaining({ code: "config", subject }));
  });

  test.each([
    ["https://lake.dfs.core.windows.net", "abfss://stage1np@lake.dfs.core.windows.net/clever/a b"],
    ["https://lake.dfs.core.windows.net/oea", "abfss://stage1np@lake.dfs.core.windows.net/oea/clever/a b"],
    [
      "abfss://all@lake.dfs.core.windows.net/oea",
      "abfss://all@lake.dfs.core.windows.net/oea/stage1np/clever/a b",
    ],
    [folderUrl("/data/my lake"), `${sparkFolder("/data/my lake")}/stage1np/clever/a b`],
    [
      "https://onelake.dfs.fabric.microsoft.com/Ours/Clever.Lakehouse/Files",
      "abfss://Ours@onelake.dfs.fabric.microsoft.com/Clever.Lakehouse/Files/stage1np/clever/a b",
    ],
  ])("files of the lake %s are named as Spark names them", (url, address) => {
    expect(hadoopAddress(url, "stage1np/clever/a b")).toBe(address);
    expect(hadoopUri(address)).toBe(address.replaceAll(" ", "%20"));
  });

  test("a OneLake workspace with a space in its name must be given by its GUID", () => {
    const url = "https://onelake.dfs.fabric.microsoft.com/Our%20Data/Clever.Lakehouse/Files";
    expect(() => hadoopAddress(url, "stage1np")).toThrow("does not accept a workspace name with spaces");
  });
});

describe("requests to Synapse and Fabric, as in their API references:", () => {
  test("a batch of Synapse is started with sizes and a token for Synapse", async () => {
    const { service, asked } = await stub(synapse, () => ({ body: synapseBatch("not_started") }));
    const source = tokens("t");
    const batch = await new LivyBatches({ service, tokens: source }).submit(request);
    expect(batch).toMatchObject({ id: "7", isQueued: true, hasEnded: false });
    expect(source.scopes).toEqual(["https://dev.azuresynapse.net/.default"]);
    expect(asked.map(({ line }) => line)).toEqual([
      "Bearer t POST /livyApi/versions/2019-11-01-preview/sparkPools/small1/batches",
    ]);
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({
      ...request,
      driverCores: 4,
      driverMemory: "28g",
      executorCores: 4,
      executorMemory: "28g",
      numExecutors: 2,
    });
  });

  test("a Fabric batch has a non-numeric id, and its state may be nested", async () => {
    const id = "0d1f4f2c-7a53-4b1e-a8c3-9d1c4f3a2b10";
    const { service, asked } = await stub(fabric, ({ line }) =>
      line.includes("POST")
        ? { status: 202, body: { id } }
        : { body: { id, livyInfo: { currentState: "running" } } },
    );
    const source = tokens("t");
    const batches = new LivyBatches({ service, tokens: source });
    expect(await batches.submit(request)).toMatchObject({ id, isQueued: true });
    expect(await batches.get(id)).toMatchObject({ id, isQueued: false, hasEnded: false });
    await batches.end(id);
    expect(source.scopes).toEqual(["https://api.fabric.microsoft.com/.default"]);
    const path = `/v1/workspaces/${workspace}/lakehouses/${lakehouse}/livyApi/versions/2023-12-01/batches`;
    expect(asked.map(({ line }) => line)).toEqual([
      `Bearer t POST ${path}`,
      `Bearer t GET ${path}/${id}`,
      `Bearer t DELETE ${path}/${id}`,
    ]);
  });

  test("a Livy server gets no token", async () => {
    const { service, asked } = await stub(livyServiceOf({ url: "http://spark" }), () => ({
      body: { id: 0, state: "running", log: ["a"] },
    }));
    const source = tokens("t");
    await new LivyBatches({ service, tokens: source }).get("0");
    expect([source.scopes, asked.map(({ line }) => line)]).toEqual([[], ["nobody GET /batches/0"]]);
  });

  test("a refused token is replaced once", async () => {
    const { service, asked } = await stub(synapse, ({ line }) =>
      line.startsWith("Bearer old") ? { status: 401 } : { body: synapseBatch("running") },
    );
    await new LivyBatches({ service, tokens: tokens("old", "new") }).get("7");
    expect(asked.map(({ line }) => line.split(" ")[1])).toEqual(["old", "new"]);
  });

  test("requests are retried if the service is busy or the connection broke", async () => {
    const answers = [{ status: 429 }, undefined, { status: 503 }, { body: synapseBatch("running") }];
    const { service, asked } = await stub(synapse, () => answers.shift());
    await new LivyBatches({ service, tokens: tokens("t"), firstWait: 1 }).get("7");
    expect(asked).toHaveLength(4);
  });

  test("a request to a busy service is retried after the time in Retry-After", async () => {
    const answers = [{ status: 429, retryAfter: "0.01" }, { body: synapseBatch("running") }];
    const { service, asked } = await stub(synapse, () => answers.shift());
    await new LivyBatches({ service, tokens: tokens("t"), firstWait: 3_600_000 }).get("7");
    expect(asked).toHaveLength(2);
  });

  test("a start whose response was lost is not retried, since there might be two batches", async () => {
    const { service, asked } = await stub(synapse, () => undefined);
    const batches = new LivyBatches({ service, tokens: tokens("t"), firstWait: 1 });
    await expect(batches.submit(request)).rejects.toMatchObject({
      code: "network",
      subject: "district/small1",
    });
    expect(asked).toHaveLength(1);
  });

  test("a batch that no longer exists counts as ended", async () => {
    const { service } = await stub(synapse, () => ({ status: 404 }));
    await new LivyBatches({ service, tokens: tokens("t") }).end("7");
  });

  test.each([
    [401, "auth", /does not let you start batches \(401\)/],
    [403, "auth", /does not let you start batches \(403\)/],
    [404, "engine", /does not know this pool, lakehouse or batch/],
    [400, "engine", /refused the batch \(400\): No such file\.$/],
    [500, "network", /answered with an error \(500\)/],
    [200, "engine", /The answer is not from a Livy service/],
    [302, "engine", /refused the batch \(302\)/],
  ])("a response of %i is reported", async (status, code, message) => {
    const { service } = await stub(synapse, () => ({ status, body: { message: "No such file." } }));
    const batches = new LivyBatches({ service, tokens: tokens("t", "u"), retries: 1, firstWait: 1 });
    await expect(batches.submit(request)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe("a session on Synapse", () => {
  async function fixtureOf() {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    return fixture;
  }
  const engineOf = (service: LivyService) =>
    new SparkEngine((task) =>
      LivySession.start(
        {
          service,
          tokens: tokens("t"),
          scripts: sparkScripts,
          saltKeyVaultUrl: "https://district.vault.azure.net",
          pollMilliseconds: 5,
          firstWait: 1,
        },
        task,
      ),
    );

  test("that dies reports its states, the reason, and no salt, and leaves nothing in the lake", async () => {
    const reported = new Set<string>();
    const states = ["starting", "running", "dead"];
    const { service, asked } = await stub(synapse, ({ line }) => {
      if (line.includes("DELETE")) return { status: 200 };
      const state = !reported.has("queued") ? "not_started" : states.length > 1 ? states.shift() : states[0];
      const error = { errorCode: "LIVY_JOB_STATE_DEAD", message: "the pool has no machine", source: "User" };
      return { body: synapseBatch(state ?? "", state === "dead" ? { errorInfo: [error] } : {}) };
    });
    const fixture = await fixtureOf();
    await using engine = engineOf(service);
    const { failed } = await fixture.run({
      engine: engine.open,
      onProgress: ({ engine: status }) => status && reported.add(status.state),
    });
    expect([...reported]).toEqual(["starting", "queued"]);
    expect(failed.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(
        /^district\/small1, batch 7: The batch ended before its work was done \(dead, LIVY_JOB_STATE_DEAD\)\. Nothing was committed,.*Synapse Studio/,
      ),
    ]);
    expect(asked.some(({ body, line }) => body.includes(salt) || line.includes(salt))).toBe(false);
    const [start] = asked;
    expect(JSON.parse(start?.body ?? "")).toMatchObject({
      name: expect.stringMatching(/^Clever Lake /),
      args: [
        expect.stringContaining(sparkBatchesFolder),
        "synapse",
        "https://district.vault.azure.net",
        "300",
      ],
    });
    await engine[Symbol.asyncDispose]();
    const left: string[] = [];
    for await (const { path } of fixture.lake.list(sparkBatchesFolder, { recursive: true })) left.push(path);
    expect(left).toEqual([]);
  });

  test("is ended if the run is cancelled", async () => {
    const { service, asked } = await stub(synapse, () => ({ body: synapseBatch("running") }));
    const fixture = await fixtureOf();
    const stop = new AbortController();
    await using engine = engineOf(service);
    const running = fixture.run({ engine: engine.open, signal: stop.signal });
    const cancelled = expect(running).rejects.toThrow("stopped by a person");
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(2), 60_000);
    stop.abort(new Error("stopped by a person"));
    await cancelled;
    await engine[Symbol.asyncDispose]();
    expect(asked.filter(({ line }) => line.includes("DELETE")).map(({ line }) => line)).toEqual([
      "Bearer t DELETE /livyApi/versions/2019-11-01-preview/sparkPools/small1/batches/7",
    ]);
  });

  test("does not run a program that was modified in the lake", async () => {
    const { service, asked } = await stub(synapse, () => ({ body: synapseBatch("dead") }));
    const fixture = await fixtureOf();
    {
      await using first = engineOf(service);
      await fixture.run({ engine: first.open });
    }
    for await (const { path } of fixture.lake.list("stage1np/clever/_spark/programs", { recursive: true })) {
      if (!path.endsWith(".py")) continue;
      await fixture.lake.delete(path);
      await fixture.lake.putIfAbsent(path, Buffer.from("print()"));
    }
    const before = asked.length;
    await using second = engineOf(service);
    const { failed } = await fixture.run({ engine: second.open });
    expect(failed.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("The program for Spark was changed"),
    ]);
    expect(asked.length).toBe(before);
  });
});

// test/integration/livy.test.ts shows that it is a ZIP archive: Python imports from it.
test("a package of the same files always has the same bytes", () => {
  const files = [
    { name: "clever_lake/a.py", bytes: Buffer.from("print('ä')\n") },
    { name: "clever_lake/b.py", bytes: Buffer.alloc(0) },
  ];
  expect(storedZip(files).equals(storedZip(files))).toBe(true);
  const [one, ...others] = files;
  expect(storedZip(files).equals(storedZip([...others, ...(one ? [one] : [])]))).toBe(false);
});
