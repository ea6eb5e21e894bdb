import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SftpSource } from "../../src/sftp/sftpSource";
import type { SourceFile } from "../../src/sftp/source";
import { OddSftpServer, type Quirks } from "../odd-sftp/server";

const bytes = randomBytes(3_000_000);
const entries = { "/reports/a.csv": bytes };

async function only(source: SftpSource): Promise<SourceFile> {
  const [file] = (await source.list()).files;
  if (file === undefined) throw new Error("There is no file.");
  return file;
}

async function readAll(source: SftpSource, file: SourceFile, between?: () => void): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source.read(file)) {
    if (pieces.length === 0) between?.();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

describe("a server that reports little about an open file", () => {
  it.each<[string, Quirks]>([
    ["FSTAT fails", { fstat: "fails" }],
    ["FSTAT answers 0", { fstat: "zero" }],
    ["FSTAT reports no time", { fstat: "withoutTime" }],
    ["FSTAT and STAT fail", { fstat: "fails", stat: "fails" }],
    ["FSTAT answers 0 and STAT fails", { fstat: "zero", stat: "fails" }],
    ["the listing's time is of another zone", { listingTimeOffset: -5 * 3600 }],
    ["the listing's time has no seconds", { listingTimeToTheMinute: true }],
  ])("is read once, byte for byte: %s", async (_, quirks) => {
    await using server = await OddSftpServer.start(entries, quirks);
    await using source = server.source();
    const file = await only(source);
    expect((await readAll(source, file)).equals(bytes)).toBe(true);
    expect((await source.readRange(file, 0, 10)).equals(bytes.subarray(0, 10))).toBe(true);
    expect(server.requests("OPEN")).toBe(2);
  });

  it.each<[string, Quirks]>([
    ["as OpenSSH", {}],
    ["FSTAT fails", { fstat: "fails" }],
    ["FSTAT answers 0", { fstat: "zero" }],
    ["the listing's time is of another zone", { listingTimeOffset: -5 * 3600 }],
  ])("reveals that the file was rewritten while it was read: %s", async (_, quirks) => {
    await using server = await OddSftpServer.start(entries, quirks);
    await using source = server.source();
    const file = await only(source);
    const reading = readAll(source, file, () => server.state.modified++);
    await expect(reading).rejects.toMatchObject({ code: "changedWhileRead", subject: "a.csv" });
  });

  it.each<[string, Quirks]>([
    ["as OpenSSH", {}],
    ["FSTAT answers 0", { fstat: "zero" }],
    ["FSTAT and STAT fail", { fstat: "fails", stat: "fails" }],
  ])("reveals that a file grew or shrank since the listing: %s", async (_, quirks) => {
    for (const now of [Buffer.concat([bytes, Buffer.from("more")]), bytes.subarray(0, 1000)]) {
      await using server = await OddSftpServer.start(entries, quirks);
      await using source = server.source();
      const file = await only(source);
      server.state.tree.put("/reports/a.csv", now);
      await expect(readAll(source, file)).rejects.toMatchObject({ code: "changedWhileRead" });
    }
  });

  it("is refused if the file changed between two reads, whatever was listed", async () => {
    await using server = await OddSftpServer.start(entries, { listingTimeOffset: 3600 });
    await using source = server.source();
    const file = await only(source);
    await source.readRange(file, 0, 10);
    server.state.modified++;
    await expect(source.readRange(file, 0, 10)).rejects.toMatchObject({ code: "changedWhileRead" });
  });
});

describe("a server that allows few concurrent reads", () => {
  it.each([
    ["status", 1],
    ["status", 10],
    ["drop", 1],
    ["drop", 10],
  ] as const)("is read with fewer (%s beyond %d)", async (tooManyReads, concurrentReads) => {
    await using server = await OddSftpServer.start(
      { "/reports/a.csv": bytes, "/reports/b.csv": bytes },
      { tooManyReads, concurrentReads },
    );
    await using source = server.source({ connections: 1 });
    const { files } = await source.list();
    for (const file of files) expect((await readAll(source, file)).equals(bytes)).toBe(true);
    const [first] = files;
    if (first === undefined) throw new Error("There is no file.");
    // What was learned from the first file avoids the same failures for the others.
    const connections = server.connections;
    server.state.maxReads = 0;
    await readAll(source, first);
    expect(server.state.maxReads).toBeLessThanOrEqual(concurrentReads);
    expect(server.connections).toBe(connections);
  });

  it("with a damaged file reports it, and other files are read as before", async () => {
    await using server = await OddSftpServer.start(
      { "/reports/a.csv": bytes, "/reports/b.csv": bytes.subarray(0, 1_000_000) },
      { failsBeyond: 2_000_000 },
    );
    await using source = server.source();
    const [damaged, good] = (await source.list()).files;
    if (damaged === undefined || good === undefined) throw new Error("There are no two files.");
    await expect(readAll(source, damaged)).rejects.toMatchObject({
      code: "io",
      message: "The SFTP server could not read a.csv (status 4).",
    });
    server.state.maxReads = 0;
    expect(await readAll(source, good)).toHaveLength(1_000_000);
    expect(server.state.maxReads).toBeGreaterThan(10);
  });
});

describe("a server that allows few open files", () => {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const files = Object.fromEntries(names.map((name) => [`/reports/${name}.csv`, bytes]));

  it.each([1, 2, 3, 4])("is read completely, %d at a time", async (openFiles) => {
    await using server = await OddSftpServer.start(files, { openFiles });
    await using source = server.source();
    const listed = (await source.list()).files;
    const read = await Promise.all(listed.map((file) => readAll(source, file)));
    expect(read.map((each) => each.equals(bytes))).toEqual(names.map(() => true));
  });

  it("is not confused with one that never opens a file, which is reported", async () => {
    await using server = await OddSftpServer.start(files, { lockedFile: "/reports/c.csv" });
    await using source = server.source();
    const listed = (await source.list()).files;
    const read = await Promise.allSettled(listed.map((file) => readAll(source, file)));
    const failures = read.flatMap((each, i) =>
      each.status === "rejected" ? [[names[i], (each.reason as Error).message]] : [],
    );
    expect(failures).toEqual([["c", "The SFTP server could not read c.csv (status 4)."]]);
  });
});

describe("a server that returns little per read", () => {
  it.each([512, 4096, 32_768])("is read nevertheless, %d bytes at a time", async (bytesPerRead) => {
    await using server = await OddSftpServer.start(entries, { bytesPerRead });
    await using source = server.source();
    expect((await readAll(source, await only(source))).equals(bytes)).toBe(true);
  });

  it("is abandoned if it would take forever", async () => {
    await using server = await OddSftpServer.start(entries, { bytesPerRead: 1 });
    await using source = server.source();
    await expect(readAll(source, await only(source))).rejects.toMatchObject({
      code: "io",
      subject: "a.csv",
      message: "The SFTP server sends a.csv in pieces of a few bytes (1024 in 1024 answers).",
    });
  });
});
