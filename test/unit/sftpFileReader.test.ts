import { expect, test } from "vitest";
import type { SftpConnection } from "../../src/sftp/connection/connection";
import { ConnectionPool } from "../../src/sftp/connection/connectionPool";
import { modifiedOf } from "../../src/sftp/listing/listing";
import { FileGuard } from "../../src/sftp/reading/fileGuard";
import { FileReader, initialPace } from "../../src/sftp/reading/fileReader";

/** A connection to a server with one file with the given attributes, which counts its handles. */
function connectionTo(
  content: string,
  attributes: { size: number; mtime?: number },
  count = { opened: 0, closed: 0 },
): SftpConnection {
  const connection = {
    usable: true,
    readLength: 4,
    openFile: async () => {
      count.opened++;
      return Buffer.from("handle");
    },
    fstat: async () => attributes,
    closeHandle: () => {
      count.closed++;
    },
    read: async (_: Buffer, into: Buffer, offset: number, length: number, at: number) =>
      Buffer.from(content).copy(into, offset, at, at + length),
    close: () => Promise.resolve(),
  };
  return connection as unknown as SftpConnection;
}

test.each([
  ["reports its time", { size: 10, mtime: 1_700_000_000 }],
  ["does not report its time", { size: 10 }],
])("a file of a server that %s is read", async (_, attributes: { size: number; mtime?: number }) => {
  const open = () => Promise.resolve(connectionTo("0123456789", attributes));
  const pool = new ConnectionPool<SftpConnection>({ open }, 1);
  const listed = { path: "a.csv", size: 10, modified: modifiedOf({ mtime: attributes.mtime }) };
  const range = { remotePath: "/a.csv", file: listed, start: 0, end: 10 };
  using reader = new FileReader(pool, range, new FileGuard(listed, "/a.csv"), initialPace(), undefined);
  const pieces: string[] = [];
  for (;;) {
    const piece = await reader.next();
    if (piece === undefined) break;
    pieces.push(piece.toString());
  }
  expect(pieces.join("")).toBe("0123456789");
});

test("the handle of a file that changed since the listing is closed", async () => {
  const count = { opened: 0, closed: 0 };
  const open = () => Promise.resolve(connectionTo("0123456789", { size: 10 }, count));
  const pool = new ConnectionPool<SftpConnection>({ open }, 1);
  const listed = { path: "a.csv", size: 5, modified: modifiedOf({}) };
  const range = { remotePath: "/a.csv", file: listed, start: 0, end: 5 };
  using reader = new FileReader(pool, range, new FileGuard(listed, "/a.csv"), initialPace(), undefined);
  await expect(reader.next()).rejects.toMatchObject({ code: "changedWhileRead" });
  expect(count.opened).toBeGreaterThan(0);
  expect(count.closed).toBe(count.opened);
});
