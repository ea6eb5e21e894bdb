type Column = Uint8Array | Uint32Array | Float64Array;

/** Columns by name, by the name of their part. */
type Parts = Readonly<Record<string, Readonly<Record<string, Column>>>>;

const arrayTypes = { Uint8Array, Uint32Array, Float64Array };

/** A column's type, its first byte after the header, and its length. */
type Place = readonly [type: keyof typeof arrayTypes, start: number, length: number];

/**
 * A file of columns: the length of the header as 32 bits, the header as JSON, then the columns, each aligned to eight
 * bytes. Numbers are little-endian, as on every machine that VS Code runs on.
 */
export function encodeColumns(parts: Parts): Uint8Array<ArrayBuffer> {
  const columns: { readonly start: number; readonly column: Column }[] = [];
  let end = 0;
  const placeOf = (column: Column): Place => {
    const start = end;
    columns.push({ start, column });
    end = aligned(start + column.byteLength);
    return [column.constructor.name as Place[0], start, column.length];
  };
  const places = mapParts(parts, placeOf);
  const header = new TextEncoder().encode(JSON.stringify(places));
  const columnsAt = aligned(headerAt + header.length);
  const file = new Uint8Array(columnsAt + end);
  new DataView(file.buffer).setUint32(0, header.length, true);
  file.set(header, headerAt);
  for (const { start, column } of columns)
    file.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), columnsAt + start);
  return file;
}

/** The columns in a file that `encodeColumns` made of such parts, as views of its bytes. */
export function decodeColumns<Encoded extends object>(file: ArrayBuffer): Encoded {
  const length = new DataView(file).getUint32(0, true);
  const places: Readonly<Record<string, Readonly<Record<string, Place>>>> = JSON.parse(
    new TextDecoder().decode(new Uint8Array(file, headerAt, length)),
  );
  const columnsAt = aligned(headerAt + length);
  return mapParts(
    places,
    ([type, start, count]) => new arrayTypes[type](file, columnsAt + start, count),
  ) as Encoded;
}

function mapParts<From, To>(
  parts: Readonly<Record<string, Readonly<Record<string, From>>>>,
  map: (value: From) => To,
): Record<string, Record<string, To>> {
  const entries = Object.entries(parts).map(([part, columns]) => {
    const mapped = Object.entries(columns).map(([name, value]) => [name, map(value)] as const);
    return [part, Object.fromEntries(mapped)] as const;
  });
  return Object.fromEntries(entries);
}

const headerAt = 4;

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
