import { crc32 } from "node:zlib";

/**
 * A zip archive of files, not compressed. The same files give the same bytes: every file has the oldest time that the
 * format knows. Source: the .ZIP File Format Specification, sections 4.3.7, 4.3.12 and 4.3.16.
 *
 * @param files contents by path, with slashes
 */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const name = Buffer.from(path);
    const bytes = Buffer.from(content);
    const shared = sharedHeader(name, bytes);
    const header = Buffer.concat([number(0x04034b50, 4), shared, name]);
    central.push(
      Buffer.concat([
        number(0x02014b50, 4),
        // Made by version 2.0.
        number(20, 2),
        shared,
        // No comment, the first disk, no attributes.
        Buffer.alloc(2 + 2 + 2 + 4),
        number(offset, 4),
        name,
      ]),
    );
    local.push(header, bytes);
    offset += header.length + bytes.length;
  }
  const directory = Buffer.concat(central);
  const count = number(central.length, 2);
  const end = [number(0x06054b50, 4), Buffer.alloc(4), count, count, number(directory.length, 4)];
  return Buffer.concat([...local, directory, ...end, number(offset, 4), Buffer.alloc(2)]);
}

/** What stands before the name in both headers of a file. */
function sharedHeader(name: Buffer, content: Buffer): Buffer {
  return Buffer.concat([
    // Needs version 2.0; names are UTF-8; stored.
    number(20, 2),
    number(0x0800, 2),
    number(0, 2),
    // 1980-01-01 00:00.
    number(0, 2),
    number(0x0021, 2),
    number(crc32(content), 4),
    number(content.length, 4),
    number(content.length, 4),
    number(name.length, 2),
    number(0, 2),
  ]);
}

function number(value: number, bytes: 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}
