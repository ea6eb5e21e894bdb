import { expect, test } from "vitest";
import { doneShare } from "../../src/basics/doneShare";

const nothing = { files: 0, bytes: 0, bytesLanded: 0, filesToAnonymize: 0, filesAnonymized: 0 };

test.each([
  ["nothing to do", nothing, 0],
  ["ingesting only", { ...nothing, files: 4, bytes: 1_000_000, bytesLanded: 250_000 }, 25],
  ["landed files only", { ...nothing, filesToAnonymize: 8, filesAnonymized: 2 }, 25],
  // Landed files are read first: the bytes that are still on the server are not most of the work.
  [
    "landed files before the others",
    { ...nothing, files: 2, bytes: 9e9, filesToAnonymize: 8, filesAnonymized: 8 },
    50,
  ],
  // Files are due only once they have landed.
  ["both", { files: 4, bytes: 1000, bytesLanded: 500, filesToAnonymize: 2, filesAnonymized: 2 }, 50],
  ["the end", { files: 4, bytes: 1000, bytesLanded: 1000, filesToAnonymize: 4, filesAnonymized: 4 }, 100],
])("the completed share of a run: %s", (_name, state, percent) => {
  expect(doneShare(state)).toBe(percent);
});
