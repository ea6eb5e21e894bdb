import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { dateLimits, unlikelyDays } from "../../src/clever/likelyDates";
import { reports } from "../../src/clever/reports";
import { specificationOf } from "../../src/clever/specification";
import { statisticsOfValues } from "../../src/delta/files/statistics";
import { LogTail, progressIn } from "../../src/spark/logTail";

async function tailOf(...lines: string[]): Promise<string> {
  const tail = new LogTail();
  const stream = Readable.from(lines.map((line) => `${line}\n`));
  tail.follow(stream);
  await new Promise((resolve) => stream.once("close", resolve));
  await new Promise(setImmediate);
  return tail.lastLines();
}

test("the end of Spark's log is shown without possible cell values", async () => {
  const reported = await tailOf(
    "26/11/27 01:30:00 INFO SparkContext: Running",
    "26/11/27 01:30:01 ERROR Executor: Exception in task 0.0 in stage 1.0 for 'st1'",
    "java.lang.NumberFormatException: st1",
    "\tat java.base/java.lang.Long.parseLong(Long.java:1)",
  );
  expect(reported).toBe(
    " The end of its log: 26/11/27 01:30:01 ERROR Executor: Exception in task 0.0 in stage 1.0 for … / java.lang.NumberFormatException",
  );
  expect(await tailOf("26/11/27 01:30:01 ERROR Executor: The value 'Jo O'Hare' of a row is invalid")).toBe(
    " The end of its log: 26/11/27 01:30:01 ERROR Executor: The value …",
  );
  expect(await tailOf("JAVA_HOME is not set")).toBe(" The end of its log: JAVA_HOME is not set");
  expect(await tailOf("26/11/27 01:30:00 INFO SparkContext: Running")).toBe("");
});

test("statistics of another engine are truncated like ours", () => {
  const long = "x".repeat(40);
  const columns = [
    { name: "school_name", type: "string" },
    { name: "source_file", type: "string" },
    { name: "num_logins", type: "integer" },
    { name: "active", type: "boolean" },
  ] as const;
  const counted = {
    rows: 2,
    min: { school_name: long, source_file: long, num_logins: 1 },
    max: { school_name: long, source_file: long, num_logins: 3 },
    nulls: { school_name: 0, source_file: 0, num_logins: 0, active: 1 },
  };
  expect(statisticsOfValues(counted, columns, ["source_file"])).toEqual({
    numRecords: 2,
    minValues: { school_name: long.slice(0, 32), source_file: long, num_logins: 1 },
    maxValues: { school_name: `${long.slice(0, 32)}\u007f`, source_file: long, num_logins: 3 },
    nullCount: counted.nulls,
  });
});

test("within the limits of dates no day is unlikely", () => {
  const modified = new Date("2024-11-05T00:00:00Z");
  for (const named of [undefined, "2024-09-03", "2021-09-03"]) {
    const times = { named, modified, landed: modified };
    const { latest, lessThan, anchors, near } = dateLimits(times);
    const number = (day: string) => Date.parse(`${day}T00:00:00Z`) / 86_400_000;
    for (let last = 2 * near; last >= -4 * near; last -= 13) {
      for (const length of [0, 100, lessThan - 1, lessThan]) {
        const [first, end] = [number("2024-11-05") + last - length, number("2024-11-05") + last];
        const isWithin =
          end <= number(latest) &&
          end - first < lessThan &&
          (anchors.length === 0 ||
            anchors.some((day) => first - number(day) <= near && number(day) - end <= near));
        const days = [first, end].map((day) => ({
          day: new Date(day * 86_400_000).toISOString().slice(0, 10),
          rows: 1,
        }));
        if (isWithin) expect([...unlikelyDays(days, times)]).toEqual([]);
      }
    }
  }
});

test("no two headers of a user type have the same number of columns", () => {
  for (const report of Object.values(reports)) {
    for (const headers of Object.values(specificationOf(report).headers)) {
      expect(new Set(headers.map(({ columns }) => columns.length)).size).toBe(headers.length);
    }
  }
  const { headers } = specificationOf(reports.daily_participation);
  expect(headers.staff?.map(({ line }) => line)).toEqual([
    "date,staff_id,clever_user_id,clever_school_id,school_name,active,num_logins,num_resources_accessed",
    "date,staff_id,clever_user_id,clever_school_id,active,num_logins,num_resources_accessed",
  ]);
});

test.each([
  [
    "26/11/27 01:30:00 INFO TaskSetManager: Finished task 0.0 in stage 61.0 (TID 73) in 328 ms on localhost (executor driver) (1/2)",
    "stage 61, task 1 of 2",
  ],
  ["26/11/27 01:30:00 INFO SparkContext: Running Spark version 3.5.6", "Running Spark version 3.5.6"],
  [
    "26/11/27 01:30:00 INFO Client: Application report for application_17_0001 (state: ACCEPTED)",
    "Application report for application_17_0001 (state: ACCEPTED)",
  ],
  [
    "26/11/27 01:30:00 INFO TaskSetManager: Lost task 0.0 in stage 1.0: java.lang.Exception (st1) [duplicate 1]",
    undefined,
  ],
  ["26/11/27 01:30:00 WARN TaskSetManager: Running Spark version 3.5.6", undefined],
  ["Running Spark version 3.5.6", undefined],
])("for the log line %j, %j is shown", (line, shown) => {
  expect(progressIn(line)).toBe(shown);
});
