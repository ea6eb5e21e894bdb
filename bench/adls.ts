import { readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { AdlsEmulatorProcess } from "../test/adls-emulator/process";
import type { LoggedRequest } from "../test/adls-emulator/requestLog";
import { type Sample, takeTurns, timeNode } from "./measure";
import { projectFolder, Workshop } from "./workshop";

/**
 * Landing from a real sshd into Azure's emulator against landing into a folder, and what it takes in requests:
 * `node dist/bench/adls.js [STUDENTS] [RUNS]`, behind `node esbuild.mjs --bench`. 70,000 students are about 200 MB.
 */
async function main(students: number, runs: number): Promise<void> {
  await using workshop = await Workshop.open();
  const reports = workshop.newPath("reports");
  await workshop.publish(reports, { students, days: 10 });
  const { files, bytes } = await sizeOf(reports);
  console.log(`${files} files, ${(bytes / 1e6).toFixed(0)} MB`);

  await using emulator = await AdlsEmulatorProcess.start({}, path.join(__dirname, "adlsEmulator.js"));
  let lakes = 0;
  let requests: readonly LoggedRequest[] = [];
  const [folder, azure] = await takeTurns(
    [
      {
        name: "into a folder",
        run: async () =>
          workshop.cleverLake("ingest", await workshop.config(reports, workshop.newPath("lake"))),
      },
      {
        name: "into the emulator",
        run: async (): Promise<Sample> => {
          const url = `${emulator.url}/lake${++lakes}`;
          await emulator.clearLog();
          const sample = await ingest(workshop, reports, url, emulator.key);
          requests = await emulator.requests();
          return sample;
        },
      },
    ],
    runs,
  );
  for (const side of [folder, azure]) {
    const seconds = side?.samples.map((sample) => sample.seconds).sort((a, b) => a - b) ?? [];
    const median = seconds[Math.floor(seconds.length / 2)] ?? Number.NaN;
    const peak = Math.max(...(side?.samples.map(({ peakMemory = 0 }) => peakMemory) ?? []));
    console.log(
      `${side?.name}: ${median.toFixed(2)} s (median of ${seconds.length}), ${(bytes / 1e6 / median).toFixed(0)} MB/s, ${(peak / 1e6).toFixed(0)} MB of memory`,
    );
  }
  const counts = new Map<string, number>();
  for (const { operation } of requests) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  console.log(
    `${requests.length} requests: ${[...counts].map(([name, count]) => `${count} ${name}`).join(", ")}`,
  );
}

async function ingest(workshop: Workshop, reports: string, url: string, key: string): Promise<Sample> {
  const { host, port, username, privateKeyPath, hostKeyFingerprint: hostKey } = workshop.sshd;
  const config = workshop.newPath("config.json");
  const sftp = { host, port, username, privateKeyPath, hostKey, root: reports };
  await writeFile(config, JSON.stringify({ sftp, lake: { url, auth: "sharedKey" } }));
  const cli = path.join(projectFolder, "dist", "cli.mjs");
  return timeNode(workshop.folder, [cli, "ingest", "--json", "--config", config], {
    CLEVER_LAKE_ACCOUNT_KEY: key,
  });
}

async function sizeOf(folder: string): Promise<{ files: number; bytes: number }> {
  let files = 0;
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    bytes += (await stat(path.join(entry.parentPath, entry.name))).size;
  }
  return { files, bytes };
}

void main(Number(process.argv[2] ?? 70_000), Number(process.argv[3] ?? 3));
