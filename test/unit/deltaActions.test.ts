import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Action, formatCommit, parseCommit } from "../../src/delta/log/actions";
import { dataFilePath, decodePath, encodePath, parseLogFileName } from "../../src/delta/paths";
import { formatSchema, parseSchema, requireSameShape, sqlType } from "../../src/delta/schema";

const file = "t/_delta_log/00000000000000000003.json";

describe("a commit's actions", () => {
  test("unknown actions and fields are ignored, and nulls count as absent", () => {
    const content = [
      '{"commitInfo":{"timestamp":1,"operation":"WRITE","operationMetrics":{"numFiles":"1"},"readVersion":"odd"}}',
      '{"cdc":{"path":"x"}}',
      '{"add":{"path":"a%20b.parquet","partitionValues":{"year":"2022","month":null},"size":3,"modificationTime":4,"dataChange":true,"stats":null,"deletionVector":null,"baseRowId":4}}',
      "",
    ].join("\n");
    expect(parseCommit(content, file)).toEqual([
      { commitInfo: { timestamp: 1, operation: "WRITE" } },
      {
        add: {
          path: "a%20b.parquet",
          partitionValues: { year: "2022", month: null },
          size: 3,
          modificationTime: 4,
          dataChange: true,
        },
      },
    ]);
  });

  test.each([
    [
      "cut off in the middle",
      '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n{"add":{"pa',
      /Line 2/,
    ],
    ["not an object", "[]\n3", /Line 2/],
    ["without a field", '{"add":{"path":"x","size":1}}', /add\.modificationTime/],
    ["of the wrong type", '{"txn":{"appId":"a","version":"1"}}', /txn\.version/],
    ["empty", " \n", /empty/],
  ])("a commit that is %s is corrupt, and the error names the file but no content", (_, content, message) => {
    expect(() => parseCommit(content, file)).toThrow(
      expect.objectContaining({ code: "corrupt", subject: file, message: expect.stringMatching(message) }),
    );
  });

  test("written actions are read back", () => {
    const actions: Action[] = [
      { commitInfo: { timestamp: 5, operation: "WRITE", txnId: "u" } },
      { protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ["appendOnly"] } },
      { txn: { appId: "a\n", version: 2, lastUpdated: 7 } },
      {
        remove: { path: "x", dataChange: false, deletionTimestamp: 8, size: 3, partitionValues: { y: null } },
      },
    ];
    expect(parseCommit(formatCommit(actions), file)).toEqual(actions);
    expect(formatCommit(actions).split("\n")).toHaveLength(5);
  });
});

describe("paths", () => {
  test("any relative path survives encoding, and is not mistaken for an absolute one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (path) => {
        expect(decodePath(encodePath(path))).toBe(path);
        expect(encodePath(path)).not.toMatch(/[?#: ]/);
      }),
    );
    expect(encodePath("year=2022/part 1.parquet")).toBe("year=2022/part%201.parquet");
  });

  test("absolute paths and paths that leave the table are refused", () => {
    expect(dataFilePath("s/t", "year=1/a%20b")).toBe("s/t/year=1/a b");
    for (const path of ["/tmp/x", "file:///tmp/x", "abfss://c@a/x"]) {
      expect(() => dataFilePath("s/t", path)).toThrow(expect.objectContaining({ code: "unsupportedTable" }));
    }
    for (const path of ["../x", "a/%2e%2e/x"]) {
      expect(() => dataFilePath("s/t", path)).toThrow(expect.objectContaining({ code: "unsafePath" }));
    }
    expect(() => decodePath("a%zz")).toThrow(expect.objectContaining({ code: "corrupt" }));
  });

  test("names in the log folder", () => {
    const version = "00000000000000000012";
    expect(parseLogFileName(`${version}.json`)).toEqual({ kind: "commit", version: 12 });
    expect(parseLogFileName(`${version}.checkpoint.parquet`)).toEqual({ kind: "checkpoint", version: 12 });
    expect(parseLogFileName(`${version}.checkpoint.0000000002.0000000003.parquet`)).toEqual({
      kind: "checkpoint",
      version: 12,
      parts: 3,
    });
    expect(parseLogFileName(`${version}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json`)).toEqual({
      kind: "v2Checkpoint",
      version: 12,
    });
    for (const other of [
      "_last_checkpoint",
      `${version}.crc`,
      `${version}.json.tmp`,
      `.${version}.json`,
      "12.json",
    ]) {
      expect(parseLogFileName(other)).toBeUndefined();
    }
  });
});

describe("schema", () => {
  const columns = [
    { name: "date", type: "date" },
    { name: "n", type: "integer" },
  ] as const;

  test("is written in Delta's format and read back", () => {
    expect(JSON.parse(formatSchema(columns))).toEqual({
      type: "struct",
      fields: [
        { name: "date", type: "date", nullable: true, metadata: {} },
        { name: "n", type: "integer", nullable: true, metadata: {} },
      ],
    });
    expect(parseSchema(formatSchema(columns), "t")).toMatchObject(columns);
  });

  test("nested types are kept, and refused only when read", () => {
    const nested = { type: "array", elementType: "string", containsNull: true };
    const [field] = parseSchema(
      JSON.stringify({ type: "struct", fields: [{ name: "a", type: nested, nullable: true, metadata: {} }] }),
      "t",
    );
    expect(JSON.parse(field?.type ?? "")).toEqual(nested);
    expect(() => sqlType({ name: "a", type: field?.type ?? "" }, "t")).toThrow(/column a/);
    expect(sqlType({ name: "d", type: "decimal(10,2)" }, "t")).toBe("DECIMAL(10,2)");
    expect(() => parseSchema("{}", "t")).toThrow(expect.objectContaining({ code: "corrupt", subject: "t" }));
  });

  test("a difference is described", () => {
    const expected = { columns, partitionColumns: ["date"] };
    const require = (actual: Parameters<typeof requireSameShape>[0]) => () =>
      requireSameShape(actual, expected, "t");
    expect(require(expected)).not.toThrow();
    expect(require({ ...expected, columns: columns.slice(0, 1) })).toThrow(/lacks the column n/);
    expect(require({ ...expected, columns: [...columns, { name: "x", type: "struct<>" }] })).not.toThrow();
    expect(require({ ...expected, columns: [{ name: "x", type: "date" }, ...columns] })).toThrow(
      /column 1 is x/,
    );
    expect(require({ ...expected, columns: [columns[0], { name: "n", type: "long" }] })).toThrow(
      /column n is of type long, not integer/,
    );
    expect(require({ ...expected, columns: [columns[1], columns[0]] })).toThrow(/column 1 is n, not date/);
    expect(require({ ...expected, partitionColumns: [] })).toThrow(/partitioned by nothing, not by date/);
  });
});
