import { describe, expect, it, onTestFinished } from "vitest";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { pythonWithDelta, runPython } from "../helpers/python";

/** The emulator against independent clients. */

const python = await pythonWithDelta();

async function ask(command: string, request: object = {}) {
  const emulator = await AdlsEmulator.start({ fileSystems: ["stage2p"] });
  onTestFinished(() => emulator[Symbol.asyncDispose]());
  const { url, account, key } = emulator;
  const connection = { command, url, account, key, fileSystem: "stage2p" };
  return { emulator, seen: await runPython(python ?? "", "adls.py", { ...connection, ...request }) };
}

describe.skipIf(python === undefined)("the Data Lake emulator", () => {
  it("serves Azure's Python SDK", async () => {
    const { seen } = await ask("azureSdk");
    expect(seen).toEqual({
      read: "hello world",
      range: "wor",
      metadata: { source: "clever" },
      large: true,
      exists: "PathAlreadyExists",
      stale: "ConditionNotMet",
      sameTag: true,
      gone: ["BlobNotFound", "BlobNotFound"],
      leased: "LeaseIdMissing",
      properties: [9_000_001, { other: "1" }, "text/csv"],
      access: "rw-r-----",
      paths: [
        ["a", true, 0],
        ["a/b", true, 0],
        ["a/moved.csv", false, 9_000_001],
      ],
      pages: [["a", "a/b"], ["a/moved.csv"]],
      notEmpty: "DirectoryNotEmpty",
      left: [],
      fileSystem: { made: "here" },
      fileSystems: ["pythonsdk"],
      sas: [
        ["went through", "went through"],
        ["AuthorizationPermissionMismatch", "went through"],
      ],
    });
  });

  it("serves OpenDAL", async () => {
    const { emulator, seen } = await ask("opendal");
    expect(seen).toEqual({
      read: "hello",
      size: 5_000_000,
      range: [0, 1, 1],
      all: ["/", "a/", "a/b ü.txt", "large"],
      renamed: [false, true],
      missing: "NotFound",
      present: "ConditionNotMatch",
      left: ["/", "d/", "d/e/"],
    });
    expect(emulator.files("stage2p")).toEqual([]);
  });

  it("serves delta-rs at the blob endpoint", async () => {
    const { emulator, seen } = await ask("deltaRs", { table: "clever/t", append: [[1, 2], [3]] });
    expect(seen).toEqual({ version: 1, rows: expect.toSatisfy(hasNumbers([1, 2, 3])) });
    expect(emulator.files("stage2p").filter((path) => path.includes("_delta_log"))).toEqual([
      "clever/t/_delta_log/00000000000000000000.json",
      "clever/t/_delta_log/00000000000000000001.json",
    ]);
  });
});

/** Whether rows with one column `n` have these numbers, in any order. */
function hasNumbers(numbers: readonly number[]) {
  return (rows: readonly { n: number }[]) =>
    JSON.stringify(rows.map(({ n }) => n).sort((a, b) => a - b)) === JSON.stringify(numbers);
}
