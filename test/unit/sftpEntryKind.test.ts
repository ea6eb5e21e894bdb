import { expect, it } from "vitest";
import { kindOfLongName, kindOfMode } from "../../src/sftp/listing/entryKind";

it.each([
  ["-rw-r--r--    1 0        0               5 May  1 10:00 a.csv", "file"],
  ["-rw-r--r--+   1 0        0               5 May  1 10:00 a.csv", "file"],
  ["drwxrwsr-x   12 ftp      ftp          4096 May  1  2024 daily", "folder"],
  ["lrwxrwxrwx    1 0        0              12 May  1 10:00 a -> b", "link"],
  ["prw-r--r--    1 0        0               0 May  1 10:00 pipe", "special"],
  ["05-01-25  10:00AM       <DIR>          daily-participation", "folder"],
  ["05-01-2025  10:00PM              12,345 students.csv", "file"],
  ["2025-05-01  22:00                 12345 students.csv", "file"],
  ["01.05.2025  22:00    <DIR>          Berichte", "folder"],
  ["05-01-25  10:00AM    <JUNCTION>     daily-participation", "link"],
  ["05-01-25  10:00AM    <SYMLINKD>     daily-participation", "link"],
  ["VOL001 3390   2025/05/01  1   15  FB      80  6160  PS  STUDENTS", undefined],
  ["daily-participation", undefined],
  ["links", undefined],
  ["-", undefined],
  ["", undefined],
  [undefined, undefined],
])("the long name %j means the kind %s", (longName, kind) => {
  expect(kindOfLongName(longName)).toBe(kind);
});

it.each([
  [0o100644, "file"],
  [0o040755, "folder"],
  [0o120777, "link"],
  [0o010644, "special"],
  [0o644, undefined],
  [0, undefined],
  [undefined, undefined],
])("the mode %d means the kind %s", (mode, kind) => {
  expect(kindOfMode(mode)).toBe(kind);
});
