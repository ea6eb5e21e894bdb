import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { readDistrictFiles } from "../../src/dashboard/districtFiles";
import { temporaryFolder } from "../helpers/temporaryFolder";

async function fileOf(text: string): Promise<string> {
  const file = path.join(await temporaryFolder(), "file.csv");
  await writeFile(file, text);
  return file;
}

test("without files nothing is known", async () => {
  expect(await readDistrictFiles({})).toMatchObject({ levels: new Map() });
});

test("levels come by the school's name, whatever the order of columns, with a mark and blank lines", async () => {
  const schoolLevelsFile = await fileOf(
    '\uFEFFLevel,note,School\r\nhigh,,"Redwood, North"\r\n\r\nmiddle,,Adams\r\n',
  );
  const { levels } = await readDistrictFiles({ schoolLevelsFile });
  expect([...levels]).toEqual([
    ["Redwood, North", "high"],
    ["Adams", "middle"],
  ]);
});

test.each([
  ["school\nAdams\n", "The file has no column level."],
  ["", "The file has no column school, level."],
  ["school,level\nAdams,upper\n", "Line 2: level must be one of elementary, middle, high, other."],
  ["school,level\nAdams,high\nAdams,middle\n", 'Line 3: "Adams" stands in the file twice.'],
  ['school,level\n"Adams,high\n', "The file is not valid CSV."],
])("%j is refused: %s", async (text, message) => {
  const schoolLevelsFile = await fileOf(text);
  await expect(readDistrictFiles({ schoolLevelsFile })).rejects.toMatchObject({
    code: "config",
    message,
    subject: schoolLevelsFile,
    hint: "The file is CSV with the columns school, level.",
  });
});

test("a file that is not there is an error that names it", async () => {
  const schoolLevelsFile = path.join(await temporaryFolder(), "nothing.csv");
  await expect(readDistrictFiles({ schoolLevelsFile })).rejects.toMatchObject({
    code: "config",
    message: "The file cannot be read.",
    subject: schoolLevelsFile,
  });
});
