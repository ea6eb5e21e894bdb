import { writeFile } from "node:fs/promises";
import path from "node:path";
import { AdlsEmulatorProcess } from "../test/adls-emulator/process";
import type { LoggedRequest } from "../test/adls-emulator/requestLog";
import type { Comparison, Limit } from "./comparison";
import { type Sample, takeTurns, timeNode } from "./measure";
import type { BenchOptions } from "./options";
import { projectFolder, type Workshop } from "./workshop";

/** (k) From a real `sshd` into Azure's emulator, compared with the same into a folder, with the number of requests. */
export async function azureLakeBenchmark(
  workshop: Workshop,
  reports: string,
  { runs }: BenchOptions,
): Promise<{ comparisons: Comparison[]; limits: Limit[] }> {
  await using emulator = await AdlsEmulatorProcess.start({}, path.join(__dirname, "adlsEmulator.js"));
  let lakes = 0;
  let requests: readonly LoggedRequest[] = [];
  const [theirs, ours] = await takeTurns(
    [
      {
        name: "ingest into a folder",
        run: async () =>
          workshop.cleverLake("ingest", await workshop.config(reports, workshop.newPath("lake"))),
      },
      {
        name: "ingest into the emulator",
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
  if (!ours || !theirs) throw new Error("A side was not measured.");
  const title = "A lake in Azure";
  return {
    comparisons: [{ benchmark: "k", title, ours, theirs, measure: "time", target: 2 }],
    limits: [{ benchmark: "k", title: `${title}: requests`, unit: "requests", values: [requests.length] }],
  };
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
