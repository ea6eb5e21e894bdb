import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { sparkOnEmulator } from "../helpers/sparkOnEmulator";
import { temporaryFolder } from "../helpers/temporaryFolder";

const job = `
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
for scheme in ["abfs", "abfss"]:
    place = f"{scheme}://stage2p@devaccount.dfs.core.windows.net/clever/an example"
    spark.range(3).coalesce(1).write.format("delta").mode("append").save(place)
    print(scheme, spark.read.format("delta").load(place).count())
`;

test("PySpark writes a Delta table on the emulator and reads it, with both URL schemes", async () => {
  const folder = await temporaryFolder();
  await using emulator = await AdlsEmulator.start({ fileSystems: ["stage2p"] });
  const spark = await sparkOnEmulator(emulator, folder);
  if (!spark) return;
  const script = path.join(folder, "job.py");
  await writeFile(script, job);
  const child = spawn(spark.program, [script], { env: { ...process.env, ...spark.environment } });
  onTestFinished(() => void child.kill());
  const reported: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => reported.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  await once(child, "close");
  expect(reported.join(""), errors.join("").slice(-2_000)).toBe("abfs 3\nabfss 6\n");
  expect(
    emulator.contents("stage2p", "clever/an example/_delta_log/00000000000000000001.json"),
  ).toBeDefined();
}, 300_000);
