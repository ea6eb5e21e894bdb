import { createHash, randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { DataLakeServiceClient, StorageSharedKeyCredential } from "@azure/storage-file-datalake";
import { describe, expect, test } from "vitest";
import { blockBytes } from "../../src/lake/adls/upload";
import type { LakeEntry } from "../../src/lake/lake";
import type { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake, startEmulator, token } from "../helpers/adls";
import { wholeFile } from "../helpers/wholeFile";

const version = "stage2p/clever/t/_delta_log/00000000000000000001.json";

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part);
}

function filesOf(emulator: AdlsEmulator): string[] {
  return ["stage1np", "stage2np", "stage2p"].flatMap((name) =>
    emulator.files(name).map((file) => `${name}/${file}`),
  );
}

const allStages = { fileSystems: ["stage1np", "stage2np", "stage2p"] };

describe("put-if-absent", () => {
  test("recognizes its own file if the response to its rename was lost", async () => {
    const emulator = await startEmulator(allStages);
    emulator.inject({ fault: { kind: "resetAfter" }, operation: "Path.Rename", pathIncludes: "_delta_log" });
    expect(await openLake(emulator).putIfAbsent(version, Buffer.from("ours"))).toBe(true);
    expect(filesOf(emulator)).toEqual([version]);
    expect(await openLake(emulator).putIfAbsent(version, Buffer.from("ours"))).toBe(false);
  });

  test("recognizes another writer's file if its own response was lost and the other was faster", async () => {
    const emulator = await startEmulator(allStages);
    await openLake(emulator).putIfAbsent(version, Buffer.from("same bytes"));
    emulator.inject({ fault: { kind: "resetAfter" }, operation: "Path.Rename", pathIncludes: "_delta_log" });
    expect(await openLake(emulator).putIfAbsent(version, Buffer.from("same bytes"))).toBe(false);
    expect(filesOf(emulator)).toEqual([version]);
  });

  test("reports the truth about what it wrote if no more responses arrive", async () => {
    const emulator = await startEmulator(allStages);
    const lake = openLake(emulator, { requests: { attempts: 2 } });
    await lake.putIfAbsent(version.replace("1.json", "0.json"), Buffer.from("before"));
    emulator.inject({
      fault: { kind: "resetAfter" },
      operation: "Path.Rename",
      pathIncludes: "_delta_log",
      times: 2,
    });
    expect(await lake.putIfAbsent(version, Buffer.from("ours"))).toBe(true);
    expect(emulator.contents("stage2p", version.slice("stage2p/".length))?.toString()).toBe("ours");
  });

  test.each([1, 2, 3, 4])(
    "is not emptied by its own create request that is executed %i requests later",
    async (requests) => {
      const emulator = await startEmulator(allStages);
      const lake = openLake(emulator);
      await lake.putIfAbsent(version.replace("1.json", "0.json"), Buffer.from("before"));
      emulator.inject({ fault: { kind: "late", requests }, operation: "Path.Create" });
      expect(await lake.putIfAbsent(version, Buffer.from("ours"))).toBe(true);
      expect((await wholeFile(lake, version)).toString()).toBe("ours");
    },
  );

  test.each(["Path.Append", "Path.Rename"] as const)(
    "takes effect once, however late a delayed %s is executed",
    async (operation) => {
      for (const requests of [1, 2, 3, 4]) {
        const emulator = await startEmulator(allStages);
        const lake = openLake(emulator);
        await lake.putIfAbsent(version.replace("1.json", "0.json"), Buffer.from("before"));
        emulator.inject({ fault: { kind: "late", requests }, operation });
        expect(await lake.putIfAbsent(version, Buffer.from("ours")), `${requests}`).toBe(true);
        expect(await lake.putIfAbsent(version, Buffer.from("theirs"))).toBe(false);
        expect((await wholeFile(lake, version)).toString()).toBe("ours");
      }
    },
  );

  test("retries if the service reports an existing folder as missing, after checking the source", async () => {
    const emulator = await startEmulator(allStages);
    const lake = openLake(emulator);
    emulator.inject({ fault: { kind: "missedParent" }, operation: "Path.Rename", times: 2 });
    expect(await lake.putIfAbsent(version, Buffer.from("ours"))).toBe(true);
    const operations = emulator.requests.slice(-5).map(({ operation }) => operation);
    expect(operations).toEqual([
      "Path.Rename",
      "Path.Create",
      "Path.Rename",
      "Path.GetAccessControl",
      "Path.Rename",
    ]);
  });

  test("of many writers with lost responses, exactly one wins each version", async () => {
    const emulator = await startEmulator(allStages);
    for (const kind of ["resetAfter", "resetBefore"] as const) {
      emulator.inject({
        fault: { kind },
        times: 40,
        when: ({ number, operation }) => operation === "Path.Rename" && number % 3 === 0,
      });
    }
    for (let round = 0; round < 5; round++) {
      const file = `stage2p/clever/t/_delta_log/${round}.json`;
      const writers = Array.from({ length: 8 }, (_, writer) =>
        openLake(emulator).putIfAbsent(file, Buffer.from(`writer ${writer}`)),
      );
      const won = await Promise.all(writers);
      expect(won.filter(Boolean), file).toHaveLength(1);
      expect((await wholeFile(openLake(emulator), file)).toString()).toBe(`writer ${won.indexOf(true)}`);
    }
    expect(filesOf(emulator).filter((file) => file.includes("tmp"))).toEqual([]);
  });
});

test("a file of many blocks is written completely, in order, and in bounded memory", async () => {
  const emulator = await startEmulator();
  const hash = createHash("sha256");
  const reused = Buffer.alloc(100_003);
  let onTheirWay = 0;
  async function* data() {
    for (let sent = 0; sent < 9.5 * blockBytes; sent += reused.length) {
      randomBytes(reused.length).copy(reused);
      hash.update(reused);
      onTheirWay = sent - emulator.requests.reduce((sum, { bytesIn }) => sum + bytesIn, 0);
      expect(onTheirWay).toBeLessThan(6 * blockBytes);
      // A source may return the same buffer repeatedly.
      yield await Promise.resolve(reused);
    }
  }
  await openLake(emulator).write("stage1np/clever/big.csv", data());
  const back = createHash("sha256");
  for await (const chunk of openLake(emulator).readStream("stage1np/clever/big.csv"))
    back.update(chunk as Buffer);
  expect(back.digest("hex")).toBe(hash.digest("hex"));
  expect(emulator.requests.filter(({ operation }) => operation === "Path.Append")).toHaveLength(10);
});

test("a stream of exactly one block, and of one byte more", async () => {
  const emulator = await startEmulator();
  const lake = openLake(emulator);
  for (const size of [blockBytes, blockBytes + 1]) {
    const data = randomBytes(size);
    await lake.write(`stage1np/${size}`, chunks(data.subarray(0, 1000), data.subarray(1000)));
    expect((await wholeFile(lake, `stage1np/${size}`)).equals(data)).toBe(true);
  }
});

test("a response that is interrupted repeatedly is resumed each time", async () => {
  const emulator = await startEmulator();
  const data = randomBytes(3_000_000);
  await openLake(emulator).write("stage1np/file", chunks(data));
  emulator.inject({ fault: { kind: "halfAnswer" }, operation: "Path.Read", times: 8 });
  expect((await wholeFile(openLake(emulator), "stage1np/file")).equals(data)).toBe(true);
  expect(emulator.requests.filter(({ operation }) => operation === "Path.Read")).toHaveLength(9);
});

test("a stream that fails before its first block is full costs no request", async () => {
  const emulator = await startEmulator();
  async function* failing() {
    yield Buffer.from("rows");
    await Promise.resolve();
    throw new Error("The bytes are there already.");
  }
  await expect(openLake(emulator).write("stage1np/clever/x.csv", failing())).rejects.toThrow("already");
  expect(emulator.requests).toEqual([]);
});

test("temporary files are removed when they are a day old, not before", async () => {
  let clock = Date.now() - 25 * 3_600_000;
  const emulator = await startEmulator({ ...allStages, now: () => clock });
  const { account, key, url } = emulator;
  const service = new DataLakeServiceClient(url, new StorageSharedKeyCredential(account, key));
  // The emulator's time differs from this machine's, so the account key would be refused.
  clock = Date.now();
  const lakeFolder = service.getFileSystemClient("stage1np").getDirectoryClient("clever/.clever-lake-tmp");
  await lakeFolder.getFileClient("young").create();
  await service.getFileSystemClient("stage1np").getFileClient("clever/kept.csv").create();
  const lake = openLake(emulator);
  const names: string[] = [];
  for await (const { path } of lake.list("stage1np", { recursive: true })) names.push(path);
  expect(names).toEqual(["stage1np/clever", "stage1np/clever/kept.csv"]);
  await lake.putIfAbsent("stage1np/clever/a", Buffer.from("a"));
  expect(filesOf(emulator)).toContain("stage1np/clever/.clever-lake-tmp/young");
  const reported: LakeEntry[] = [];
  for await (const entry of lake.temporaries()) reported.push(entry);
  expect(reported).toMatchObject([{ path: "stage1np/clever/.clever-lake-tmp/young", kind: "file", size: 0 }]);
  // The service's clock counts, since it dates the files; this machine's may be a day behind.
  clock += 25 * 3_600_000;
  await openLake(emulator).putIfAbsent("stage1np/clever/b", Buffer.from("b"));
  expect(filesOf(emulator)).toEqual(["stage1np/clever/a", "stage1np/clever/b", "stage1np/clever/kept.csv"]);
});

test("a folder with more entries than fit in one response is listed completely", async () => {
  const emulator = await startEmulator(allStages);
  const names = Array.from({ length: 5_003 }, (_, index) => `file${index}`);
  const makers = Array.from({ length: 16 }, async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const made = await fetch(`${emulator.url}/stage1np/clever/many/${name}?resource=file`, {
        method: "PUT",
        headers: { authorization: `Bearer ${token}`, "x-ms-version": "2023-11-03" },
      });
      expect(made.status).toBe(201);
    }
  });
  await Promise.all(makers);
  emulator.clearLog();
  const found = new Set<string>();
  for await (const { path } of openLake(emulator).list("stage1np/clever/many")) found.add(path);
  expect(found.size).toBe(5_003);
  expect(emulator.requests).toHaveLength(2);
});

test("an abort ends an upload in progress and leaves nothing behind", async () => {
  const emulator = await startEmulator(allStages);
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  async function* data() {
    for (let block = 0; block < 8; block++) {
      if (block === 4) abort.abort(new Error("Stopped."));
      yield await Promise.resolve(Buffer.alloc(blockBytes));
    }
  }
  const lake = openLake(emulator);
  await expect(lake.write("stage1np/clever/x.csv", data(), { signal: abort.signal })).rejects.toThrow(
    "Stopped.",
  );
  expect(filesOf(emulator)).toEqual([]);
});
