import { describe, expect, test } from "vitest";
import { recognizeReport, reportNamesOnServer } from "../../src/clever/fileNames";

function parsed(path: string): string | undefined {
  const found = recognizeReport(path);
  return found && `${found.report.name} ${found.userType} ${found.source} ${found.copy}`;
}

describe("a file's path determines its report", () => {
  test.each([
    [
      "daily-participation/2020-10-27-daily-participation-students.csv",
      "daily_participation students daily-participation/2020-10-27-daily-participation-students.csv 0",
    ],
    [
      "resource-usage/2020-10-27-resource-usage-staff.csv",
      "resource_usage staff resource-usage/2020-10-27-resource-usage-staff.csv 0",
    ],
    [
      "2020-10-27-resource-usage-teachers.csv",
      "resource_usage teachers 2020-10-27-resource-usage-teachers.csv 0",
    ],
    [
      "daily-participation/2020-10-27-Daily-Participation-Students (1).CSV",
      "daily_participation students daily-participation/2020-10-27-daily-participation-students.csv 1",
    ],
    [
      "daily-participation/2020-10-27-daily-participation-students(2).csv",
      "daily_participation students daily-participation/2020-10-27-daily-participation-students.csv 2",
    ],
    ...[
      [" (1) (1)", 2],
      ["(1) (2)", 3],
      ["  (1)", 1],
      [" - Copy", 1],
      [" - copia", 1],
      [" - Copy (2)", 3],
      [" - Copy - Copy", 2],
      [" (3) - Copy", 4],
    ].map(([mark, copy]) => [
      `daily-participation/2020-10-27-daily-participation-students${mark}.csv`,
      `daily_participation students daily-participation/2020-10-27-daily-participation-students.csv ${copy}`,
    ]),
    [
      "daily-participation/Students/Students.csv",
      "daily_participation students daily-participation/Students/Students.csv 0",
    ],
    [
      "test_data/resource_usage/2022-01-01T00-00-00/Staff/Staff.csv",
      "resource_usage staff test_data/resource_usage/2022-01-01T00-00-00/Staff/Staff.csv 0",
    ],
    [
      "daily-participation/Students/Students (1).csv",
      "daily_participation students daily-participation/Students/Students (1).csv 0",
    ],
  ])("%s", (path, expected) => {
    expect(parsed(path)).toBe(expected);
  });

  test.each([
    "daily-participation/readme.txt",
    "students.csv",
    "roster/Students.csv",
    "daily-participation/2020-10-27-daily-participation-parents.csv",
    "daily-participation/2020-10-27-daily-participation-students.csv.gz",
    "daily-participation/x2020-10-27-daily-participation-students.csv",
    "daily-participation/2020-10-27-daily-participation-students (copy).csv",
    "daily-participation/2020-10-27-daily-participation-students (2024).csv",
    "daily-participation/2020-10-27-daily-participation-students-Copy.csv",
    "daily-participation/2020-10-27-daily-participation-students - Old.csv",
    "daily-participation/2020-10-27-daily-participation-students ().csv",
    `daily-participation/2020-10-27-daily-participation-students${" - Copy".repeat(2000)}x.csv`,
    "",
  ])("%j is not a report", (path) => {
    expect(parsed(path)).toBeUndefined();
  });
});

test.each([
  [
    "a/daily-participation/2024-09-03-Daily-Participation-Students (1).csv",
    "2024-09-03-daily-participation-students.csv",
  ],
  ["a/daily-participation/Students.csv", "a/daily-participation/Students.csv"],
])("%s is a delivery of the same report as others named %s", (path, name) => {
  expect(recognizeReport(path)?.name).toBe(name);
});

test.each([
  ["daily-participation", true],
  ["Resource_Usage", true],
  ["clever/daily-participation/2025", true],
  ["archive", false],
  ["daily-participation-old", false],
  ["", false],
])("the folder %j is a report folder: %s", (folder, isExpected) => {
  expect(reportNamesOnServer.isReportFolder(folder)).toBe(isExpected);
});
