import { writeFile } from "node:fs/promises";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { Lake, LakeEntry } from "../../src/lake/lake";
import { wholeFile } from "./wholeFile";

async function entries(lake: Lake, folder: string, recursive = false): Promise<string[]> {
  const found: LakeEntry[] = [];
  for await (const entry of lake.list(folder, { recursive })) found.push(entry);
  return found.map(({ kind, path: name, size }) => `${kind} ${name} ${size}`).sort();
}

async function* chunks(...parts: (string | Error)[]): AsyncIterable<Uint8Array> {
  for (const part of parts) {
    await Promise.resolve();
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

const file = "stage1np/clever/a/b.csv";

/** The contract of every lake adapter. `open` returns a new, empty lake for the running test. */
export function lakeConformance(name: string, open: () => Promise<Lake>): void {
  describe(`${name} as a lake`, () => {
    test("a written stream is read back completely, by range and as a stream", async () => {
      const lake = await open();
      await lake.write(file, chunks("Hello, ", "lake", "!"));
      expect((await wholeFile(lake, file)).toString()).toBe("Hello, lake!");
      expect((await lake.readRange(file, 7, 4)).toString()).toBe("lake");
      expect((await lake.readRange(file, 10, 100)).toString()).toBe("e!");
      expect((await buffer(lake.readStream(file))).toString()).toBe("Hello, lake!");
    });

    test("an empty stream creates an empty file", async () => {
      const lake = await open();
      await lake.write(file, chunks());
      expect(await lake.stat(file)).toMatchObject({ kind: "file", size: 0, path: file });
      expect((await buffer(lake.readStream(file))).length).toBe(0);
    });

    test("a write replaces an existing file", async () => {
      const lake = await open();
      await lake.write(file, chunks("older and longer"));
      await lake.write(file, chunks("newer"));
      expect((await wholeFile(lake, file)).toString()).toBe("newer");
    });

    test("a stream that fails leaves the older file and nothing else", async () => {
      const lake = await open();
      await lake.write(file, chunks("older"));
      await expect(lake.write(file, chunks("new", new Error("cut")))).rejects.toThrow("cut");
      expect((await wholeFile(lake, file)).toString()).toBe("older");
      expect(await entries(lake, "", true)).toEqual([
        "file stage1np/clever/a/b.csv 5",
        "folder stage1np 0",
        "folder stage1np/clever 0",
        "folder stage1np/clever/a 0",
      ]);
    });

    test("an aborted write leaves nothing behind", async () => {
      const lake = await open();
      const abort = new AbortController();
      async function* endless() {
        yield Buffer.from("x");
        abort.abort();
        yield Buffer.from("y");
        await new Promise((resolve) => setTimeout(resolve, 50));
        yield Buffer.from("z");
      }
      await expect(lake.write(file, endless(), { signal: abort.signal })).rejects.toThrow();
      expect(await lake.stat(file)).toBeUndefined();
    });

    test("put-if-absent writes once and reports who won", async () => {
      const lake = await open();
      expect(await lake.putIfAbsent(file, Buffer.from("first"))).toBe(true);
      expect(await lake.putIfAbsent(file, Buffer.from("second"))).toBe(false);
      expect((await wholeFile(lake, file)).toString()).toBe("first");
    });

    test("of concurrent put-if-absent calls exactly one wins, and its bytes are stored", async () => {
      const lake = await open();
      const racers = Array.from({ length: 16 }, (_, racer) => `racer ${racer}`);
      const won = await Promise.all(racers.map((racer) => lake.putIfAbsent(file, Buffer.from(racer))));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await wholeFile(lake, file)).toString()).toBe(racers[won.indexOf(true)]);
    });

    test("listing shows files and folders, one level or all, and nothing for a missing folder", async () => {
      const lake = await open();
      await lake.write("stage2p/t/_delta_log/0.json", chunks("1"));
      await lake.write("stage2p/t/x y ü.parquet", chunks("22"));
      expect(await entries(lake, "stage2p/t")).toEqual([
        "file stage2p/t/x y ü.parquet 2",
        "folder stage2p/t/_delta_log 0",
      ]);
      expect(await entries(lake, "stage2p", true)).toEqual([
        "file stage2p/t/_delta_log/0.json 1",
        "file stage2p/t/x y ü.parquet 2",
        "folder stage2p/t 0",
        "folder stage2p/t/_delta_log 0",
      ]);
      expect(await entries(lake, "stage2p/none")).toEqual([]);
      expect((await lake.names("stage2p/t")).sort()).toEqual(["_delta_log", "x y ü.parquet"]);
      expect(await lake.names("stage2p/none")).toEqual([]);
    });

    test("a local file is imported from scratch, and scratch is not part of the lake", async () => {
      const lake = await open();
      const scratch = await lake.scratch();
      await writeFile(path.join(scratch, "made"), "rows");
      await lake.importFile(path.join(scratch, "made"), "stage2p/t/part.parquet");
      expect((await wholeFile(lake, "stage2p/t/part.parquet")).toString()).toBe("rows");
      expect(await entries(lake, "")).toEqual(["folder stage2p 0"]);
    });

    test("rename moves and replaces", async () => {
      const lake = await open();
      await lake.write("stage1np/one", chunks("1"));
      await lake.write("stage1np/two", chunks("2"));
      await lake.rename("stage1np/one", "stage1np/two");
      expect(await lake.stat("stage1np/one")).toBeUndefined();
      expect((await wholeFile(lake, "stage1np/two")).toString()).toBe("1");
    });

    test("rename moves a whole folder, into missing folders, and not over files", async () => {
      const lake = await open();
      await lake.write("stage2p/t/_delta_log/0.json", chunks("1"));
      await lake.write("stage2p/t/x y ü.parquet", chunks("22"));
      await lake.rename("stage2p/t", "stage2p/new/t_oea");
      expect(await lake.stat("stage2p/t")).toBeUndefined();
      expect(await entries(lake, "stage2p/new", true)).toEqual([
        "file stage2p/new/t_oea/_delta_log/0.json 1",
        "file stage2p/new/t_oea/x y ü.parquet 2",
        "folder stage2p/new/t_oea 0",
        "folder stage2p/new/t_oea/_delta_log 0",
      ]);
      await lake.write("stage2p/t/_delta_log/0.json", chunks("3"));
      await expect(lake.rename("stage2p/t", "stage2p/new/t_oea")).rejects.toMatchObject({
        name: "CleverLakeError",
      });
      expect((await wholeFile(lake, "stage2p/new/t_oea/_delta_log/0.json")).toString()).toBe("1");
      expect((await wholeFile(lake, "stage2p/t/_delta_log/0.json")).toString()).toBe("3");
    });

    test("delete removes, and ignores missing files", async () => {
      const lake = await open();
      await lake.write(file, chunks("1"));
      await lake.delete(file);
      await lake.delete(file);
      expect(await lake.stat(file)).toBeUndefined();
    });

    test("a missing file is reported as such", async () => {
      const lake = await open();
      const missing = { code: "notFound", subject: file };
      await expect(wholeFile(lake, file)).rejects.toMatchObject(missing);
      await expect(lake.readRange(file, 0, 1)).rejects.toMatchObject(missing);
      await expect(buffer(lake.readStream(file))).rejects.toMatchObject(missing);
      await expect(lake.rename(file, "stage1np/x")).rejects.toMatchObject(missing);
    });

    test.each(["../x", "/etc/passwd", "a/../../x", "a//b", "a/./b", "a\\b", "a\0b", ""])(
      "the path %j is refused",
      async (unsafe) => {
        const lake = await open();
        await expect(wholeFile(lake, unsafe)).rejects.toMatchObject({ code: "unsafePath" });
        await expect(lake.write(unsafe, chunks("1"))).rejects.toMatchObject({ code: "unsafePath" });
        await expect(lake.putIfAbsent(unsafe, Buffer.from("1"))).rejects.toMatchObject({
          code: "unsafePath",
        });
      },
    );
  });
}
