import { createHash, randomBytes } from "node:crypto";
import {
  type DataLakeFileClient,
  type DataLakeFileSystemClient,
  DataLakeServiceClient,
  StorageSharedKeyCredential,
} from "@azure/storage-file-datalake";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { refusal } from "../helpers/adlsRefusal";

let emulator: AdlsEmulator;
let service: DataLakeServiceClient;
let lake: DataLakeFileSystemClient;
/** Advanced by tests that need time to pass. */
let now: number;

beforeEach(async () => {
  now = Date.now();
  emulator = await AdlsEmulator.start({ fileSystems: ["stage1np"], now: () => now });
  const credential = new StorageSharedKeyCredential(emulator.account, emulator.key);
  service = new DataLakeServiceClient(emulator.url, credential, { retryOptions: { maxTries: 1 } });
  lake = service.getFileSystemClient("stage1np");
});
afterEach(() => emulator[Symbol.asyncDispose]());

async function write(path: string, text: string): Promise<DataLakeFileClient> {
  const file = lake.getFileClient(path);
  await file.upload(Buffer.from(text));
  return file;
}

async function list(options: { path?: string; recursive?: boolean } = {}): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of lake.listPaths({ recursive: true, ...options })) {
    names.push(isDirectory ? `${name}/` : String(name));
  }
  return names;
}

describe("files", () => {
  it("are read as they were written, whatever their names and sizes", async () => {
    for (const [name, size] of [
      ["empty.csv", 0],
      ["a/b/it's 100% ü, #1 & more+.csv", 11],
      ["large.bin", 20_000_003],
    ] as const) {
      const bytes = randomBytes(size);
      const file = lake.getFileClient(name);
      await file.upload(bytes, { chunkSize: 4_000_000, singleUploadThreshold: 4_000_000 });
      expect((await file.getProperties()).contentLength).toBe(size);
      expect(digest(emulator.contents("stage1np", name))).toBe(digest(bytes));
      if (size > 0) expect(digest(await file.readToBuffer())).toBe(digest(bytes));
    }
    expect(await list()).toEqual(["a/", "a/b/", "a/b/it's 100% ü, #1 & more+.csv", "empty.csv", "large.bin"]);
  });

  it("are read in ranges", async () => {
    const file = lake.getFileClient("f");
    await file.create();
    for (const [position, text] of [
      [3, "def"],
      [0, "abc"],
      [6, "ghij"],
    ] as const) {
      await file.append(text, position, text.length);
    }
    await file.flush(10);
    expect((await file.readToBuffer(2, 5)).toString()).toBe("cdefg");
    expect((await file.readToBuffer(9, 1)).toString()).toBe("j");
    const beyond = await file.read(8, 100);
    expect(beyond.contentRange).toBe("bytes 8-9/10");
    expect(beyond._response.status).toBe(206);
    expect(await refusal(file.read(10, 1))).toBe("416 InvalidRange");
  });

  it("contain what was flushed, which must have no gap", async () => {
    const file = lake.getFileClient("f");
    await file.create();
    await file.append("abc", 0, 3);
    await file.append("ghi", 6, 3);
    expect((await file.getProperties()).contentLength).toBe(0);
    expect(await refusal(file.flush(9))).toBe("400 InvalidFlushPosition");
    expect(await refusal(file.flush(2))).toBe("400 InvalidFlushPosition");
    await file.append("def", 3, 3);
    await file.flush(6, { retainUncommittedData: true });
    expect(emulator.contents("stage1np", "f")?.toString()).toBe("abcdef");
    await file.flush(9, { close: true });
    expect(emulator.contents("stage1np", "f")?.toString()).toBe("abcdefghi");
    expect(await refusal(file.append("x", 8, 1))).toBe("400 InvalidQueryParameterValue");
    await file.append("jk", 9, 2, { flush: true });
    expect(emulator.contents("stage1np", "f")?.toString()).toBe("abcdefghijk");
    expect(await refusal(file.append("", 11, 0))).toBe("400 InvalidHeaderValue");
    expect(await refusal(lake.getFileClient("g").append("x", 0, 1))).toBe("404 PathNotFound");
  });

  it("keep metadata and headers, which a new upload replaces", async () => {
    const file = lake.getFileClient("f");
    await file.upload(Buffer.from("x"), {
      metadata: { source: "clever" },
      pathHttpHeaders: { contentType: "text/csv" },
    });
    expect(await file.getProperties()).toMatchObject({
      metadata: { source: "clever" },
      contentType: "text/csv",
    });
    await file.setMetadata({ other: "1" });
    await file.setHttpHeaders({ contentLanguage: "es" });
    const changed = await file.getProperties();
    expect(changed).toMatchObject({ metadata: { other: "1" }, contentLanguage: "es" });
    expect(changed.contentType).toBe("application/octet-stream");
    await file.create();
    expect((await file.getProperties()).metadata).toEqual({});
  });
});

/** Represents bytes in comparisons: vitest compares buffers byte by byte, which takes minutes. */
function digest(bytes: Buffer | undefined): string | undefined {
  return bytes && createHash("sha256").update(bytes).digest("hex");
}

describe("conditions", () => {
  it("let only one of many writers create a path", async () => {
    const tries = Array.from({ length: 20 }, () =>
      refusal(lake.getFileClient("f").create({ conditions: { ifNoneMatch: "*" } })),
    );
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => outcome === "went through")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "409 PathAlreadyExists")).toHaveLength(19);
  });

  it("let only one of many renames take a name; the others keep their source", async () => {
    const sources = await Promise.all(
      Array.from({ length: 20 }, (_, index) => write(`from-${index}`, `${index}`)),
    );
    const outcomes = await Promise.all(
      sources.map((source) => refusal(source.move("to", { destinationConditions: { ifNoneMatch: "*" } }))),
    );
    const winner = outcomes.indexOf("went through");
    expect(outcomes.toSorted()).toEqual([...Array(19).fill("409 PathAlreadyExists"), "went through"]);
    expect(emulator.contents("stage1np", "to")?.toString()).toBe(String(winner));
    expect(emulator.files("stage1np")).toHaveLength(20);
  });

  it("are evaluated by ETag and time on every kind of request", async () => {
    const file = await write("f", "abc");
    const { etag, lastModified } = await file.getProperties();
    const before = { ifMatch: '"0x8000000000000000"' };
    const later = { ifUnmodifiedSince: new Date((lastModified?.getTime() ?? 0) - 1000) };
    for (const conditions of [before, later, { ifNoneMatch: String(etag) }]) {
      expect(await refusal(file.flush(3, { conditions }))).toBe("412 ConditionNotMet");
      expect(await refusal(file.delete(false, { conditions }))).toBe("412 ConditionNotMet");
      expect(await refusal(file.setMetadata({}, { conditions }))).toBe("412 ConditionNotMet");
      expect(await refusal(file.create({ conditions }))).toBe("412 ConditionNotMet");
      expect(await refusal(file.move("g", { conditions }))).toBe("412 SourceConditionNotMet");
    }
    expect(await refusal(file.read(0, 1, { conditions: before }))).toBe("412 ConditionNotMet");
    expect(await refusal(file.read(0, 1, { conditions: { ifNoneMatch: String(etag) } }))).toBe(
      "304 ConditionNotMet",
    );
    expect(await refusal(file.getProperties({ conditions: { ifModifiedSince: new Date() } }))).toMatch(
      /^304 /,
    );
    expect(await refusal(lake.getFileClient("new").create({ conditions: before }))).toBe(
      "412 ConditionNotMet",
    );
    await file.flush(3, { conditions: { ifMatch: String(etag) } });
    expect((await file.getProperties()).etag).not.toBe(etag);
  });
});

describe("renames", () => {
  it("move files with their ETag, and directories with their contents", async () => {
    const file = await write("a/b/c d.csv", "abc");
    const { etag } = await file.getProperties();
    await file.move("a/b/é.csv");
    expect((await lake.getFileClient("a/b/é.csv").getProperties()).etag).toBe(etag);
    await lake.getDirectoryClient("a/b").move("z");
    expect(await list()).toEqual(["a/", "z/", "z/é.csv"]);
    await write("z/y/x", "");
    expect(await refusal(lake.getDirectoryClient("z").move("z/y/w"))).toBe("409 InvalidRenameSourcePath");
    expect(await refusal(lake.getDirectoryClient("a").move("z"))).toBe("409 PathAlreadyExists");
    await lake.getDirectoryClient("z").move("a");
    expect(await list()).toEqual(["a/", "a/y/", "a/y/x", "a/é.csv"]);
  });

  it("replace a file, require the parent, and do not mix files and directories", async () => {
    await write("old", "old");
    const file = await write("dir/new", "new");
    expect(await refusal(file.move("no/such/parent"))).toBe("404 RenameDestinationParentPathNotFound");
    expect(await refusal(file.move("old/below"))).toBe("409 PathConflict");
    expect(await refusal(file.move("dir"))).toBe("409 InvalidSourceOrDestinationResourceType");
    expect(await refusal(lake.getFileClient("nothing").move("x"))).toBe("404 SourcePathNotFound");
    await file.move("old");
    expect(emulator.contents("stage1np", "old")?.toString()).toBe("new");
    await service.getFileSystemClient("stage2np").create();
    await lake.getFileClient("old").move("stage2np", "moved");
    expect(emulator.files("stage2np")).toEqual(["moved"]);
    expect(emulator.files("stage1np")).toEqual([]);
  });
});

describe("directories", () => {
  it("are listed page by page, in a stable order, continuing where the last page ended", async () => {
    for (const name of ["d/10", "d/9", "d/sub/1", "d/sub-1", "e", "d.txt"]) await write(name, name);
    expect(await list({ path: "d", recursive: false })).toEqual(["d/10", "d/9", "d/sub/", "d/sub-1"]);
    const all = await list();
    expect(all).toEqual(["d/", "d/10", "d/9", "d/sub/", "d/sub/1", "d/sub-1", "d.txt", "e"]);
    const paged: string[] = [];
    for await (const page of lake.listPaths({ recursive: true }).byPage({ maxPageSize: 1 })) {
      paged.push(
        ...(page.pathItems ?? []).map(({ name, isDirectory }) => `${name}${isDirectory ? "/" : ""}`),
      );
    }
    expect(paged).toEqual(all);
    expect(await refusal(list({ path: "nowhere" }))).toBe("404 PathNotFound");
    await expect(list({ path: "d/10" })).resolves.toEqual(["d/10"]);
  });

  it("are created implicitly, stay if created again, and are deleted only if empty or recursively", async () => {
    await write("a/b/c", "x");
    await lake.getDirectoryClient("a").create();
    expect(await refusal(lake.getDirectoryClient("a/b").create({ conditions: { ifNoneMatch: "*" } }))).toBe(
      "409 PathAlreadyExists",
    );
    expect(await refusal(lake.getDirectoryClient("a").delete(false))).toBe("409 DirectoryNotEmpty");
    expect(await refusal(lake.getFileClient("a/b").create())).toBe("409 PathConflict");
    expect(await refusal(lake.getFileClient("a/b/c/d").create())).toBe("409 PathConflict");
    expect(await lake.getDirectoryClient("a").exists()).toBe(true);
    await lake.getDirectoryClient("a").delete(true);
    expect(await list()).toEqual([]);
    expect((await lake.getDirectoryClient("a").deleteIfExists(true)).succeeded).toBe(false);
  });

  it("have an owner and permissions", async () => {
    const file = await write("f", "");
    expect((await file.getAccessControl()).permissions?.owner).toEqual({
      read: true,
      write: true,
      execute: false,
    });
    await file.setPermissions({
      owner: { read: true, write: false, execute: false },
      group: { read: false, write: false, execute: false },
      other: { read: false, write: false, execute: false },
      stickyBit: false,
      extendedAcls: false,
    });
    expect((await file.getAccessControl()).permissions?.owner.write).toBe(false);
  });
});

describe("leases", () => {
  it("prevent others from writing until they are released, expire or are broken", async () => {
    const file = await write("f", "abc");
    const lease = file.getDataLakeLeaseClient();
    await lease.acquireLease(15);
    const conditions = { leaseId: lease.leaseId };
    expect(await refusal(file.append("d", 3, 1))).toBe("412 LeaseIdMissing");
    expect(await refusal(file.delete())).toBe("412 LeaseIdMissing");
    expect(await refusal(file.move("g"))).toBe("412 LeaseIdMissing");
    expect(await refusal(file.getDataLakeLeaseClient().acquireLease(15))).toBe("409 LeaseAlreadyPresent");
    await file.append("d", 3, 1, { conditions });
    await file.flush(4, { conditions });
    now += 14_000;
    await lease.renewLease();
    now += 14_000;
    expect((await file.getProperties()).leaseState).toBe("leased");
    now += 2000;
    expect((await file.getProperties()).leaseState).toBe("expired");
    await file.append("e", 4, 1, { flush: true });
    expect(await refusal(file.append("f", 5, 1, { conditions }))).toBe("412 LeaseNotPresent");
    const second = file.getDataLakeLeaseClient();
    await second.acquireLease(-1);
    expect((await file.getDataLakeLeaseClient().breakLease(10)).leaseTime).toBe(10);
    expect(await refusal(file.append("f", 5, 1))).toBe("412 LeaseIdMissing");
    now += 10_000;
    expect((await file.getProperties()).leaseState).toBe("broken");
    expect(await refusal(second.renewLease())).toBe("409 LeaseIsBrokenAndCannotBeRenewed");
    await file.append("f", 5, 1, { flush: true });
    expect(emulator.contents("stage1np", "f")?.toString()).toBe("abcdef");
  });
});

describe("file systems", () => {
  it("are created once, listed page by page, shown and deleted", async () => {
    const other = service.getFileSystemClient("stage2np");
    await other.create({ metadata: { kind: "pseudonymized" } });
    expect(await refusal(other.create())).toBe("409 ContainerAlreadyExists");
    expect((await other.createIfNotExists()).succeeded).toBe(false);
    expect((await other.getProperties()).metadata).toEqual({ kind: "pseudonymized" });
    const names: string[] = [];
    for await (const page of service.listFileSystems().byPage({ maxPageSize: 1 })) {
      names.push(...page.fileSystemItems.map(({ name }) => name));
    }
    expect(names).toEqual(["stage1np", "stage2np"]);
    await other.delete();
    expect(await other.exists()).toBe(false);
    expect(await refusal(other.getFileClient("f").create())).toBe("404 FilesystemNotFound");
    expect(await refusal(service.getFileSystemClient("No_Good").create())).toBe("400 InvalidResourceName");
  });
});
