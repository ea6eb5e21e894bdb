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

test("without files there are no levels or licences", async () => {
  expect(await readDistrictFiles({})).toMatchObject({ levels: new Map() });
});

test("levels are read by school name, with any column order, a byte-order mark and blank lines", async () => {
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
  ["school,level\nAdams,high\nAdams,middle\n", 'Line 3: "Adams" occurs in the file twice.'],
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

const licencesHead = "resource,seats,cost,end\n";

test("licences are read from the file, with optional cells", async () => {
  const licencesFile = await fileOf(
    `${licencesHead}i-Ready,500,"$12,500.50",2027-06-30\nIXL,,,\n"Epic!, Books",20,12500,\n`,
  );
  const { licences } = await readDistrictFiles({ licencesFile });
  expect(licences).toEqual([
    { resource: "i-Ready", seats: 500, cost: 12_500.5, end: "2027-06-30" },
    { resource: "IXL", seats: null, cost: null, end: null },
    { resource: "Epic!, Books", seats: 20, cost: 12_500, end: null },
  ]);
});

test.each([
  ["IXL,12.5,,", "Line 2: seats must be a whole number, or empty."],
  ['IXL,5,"12.500,00",', "Line 2: cost must be a number such as 12500 or 12,500.50, or empty."],
  ["IXL,5,-3,", "Line 2: cost must be a number such as 12500 or 12,500.50, or empty."],
  ["IXL,5,3,06/30/2027", "Line 2: end must be a day such as 2027-06-30, or empty."],
  [",5,3,", "Line 2: resource is empty."],
  ["IXL,5,3,\nIXL,6,3,", 'Line 3: "IXL" occurs in the file twice.'],
  [
    "IXL,1,500,,",
    "Line 2: the row has more cells than the header; a cell with a comma needs quotation marks.",
  ],
])("licences %j are refused: %s", async (rows, message) => {
  const licencesFile = await fileOf(`${licencesHead}${rows}\n`);
  await expect(readDistrictFiles({ licencesFile })).rejects.toMatchObject({
    code: "config",
    message,
    subject: licencesFile,
    hint: "The file is CSV with the columns resource, seats, cost, end.",
  });
});

test("a missing file is an error that names it", async () => {
  const schoolLevelsFile = path.join(await temporaryFolder(), "nothing.csv");
  await expect(readDistrictFiles({ schoolLevelsFile })).rejects.toMatchObject({
    code: "config",
    message: "The file cannot be read.",
    subject: schoolLevelsFile,
  });
});
