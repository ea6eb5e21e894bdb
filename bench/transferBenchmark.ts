import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { Comparison } from "./comparison";
import { type Sample, type Side, takeTurns, timeNode } from "./measure";
import type { BenchOptions } from "./options";
import type { TransferRequest } from "./transfer";
import type { Workshop } from "./workshop";

/**
 * (a) From the server into the lake, compared with `rclone copy`, installed and newest: over the loopback interface, and with
 * delay.
 */
export async function transferBenchmark(
  workshop: Workshop,
  reports: string,
  options: BenchOptions,
): Promise<Comparison[]> {
  const near = await againstRclone(workshop, reports, options, workshop.sshd.port, "");
  const proxy = await workshop.delayProxy(options.oneWayDelay);
  try {
    const label = `, ${2 * options.oneWayDelay} ms round trip`;
    return [...near, ...(await againstRclone(workshop, reports, options, proxy.port, label))];
  } finally {
    await proxy.stop();
  }
}

async function againstRclone(
  workshop: Workshop,
  reports: string,
  { runs }: BenchOptions,
  port: number,
  label: string,
): Promise<Comparison[]> {
  const bytes = await bytesBelow(reports);
  const side = (name: string, run: (target: string) => Promise<Sample>): Side => {
    const target = workshop.newPath("transferred");
    return {
      name: `${name}${label}`,
      run: () => run(target),
      clean: async () => {
        const landed = await bytesBelow(target, ".csv");
        if (landed !== bytes) throw new Error(`${name} ingested ${landed} bytes of ${bytes}.`);
        await workshop.remove(target);
      },
    };
  };
  const rclones = await workshop.rclones();
  const [ingest, transfer, ...theirs] = await takeTurns(
    [
      side("clever-lake ingest", async (target) =>
        workshop.cleverLake("ingest", await workshop.config(reports, target, { port })),
      ),
      side("the transfer alone", (target) => transferAlone(workshop, reports, target, port)),
      ...rclones.map((rclone) =>
        side(`${rclone.name} copy --transfers 8`, (target) =>
          workshop.copyByRclone(rclone, reports, target, { port }),
        ),
      ),
    ],
    runs,
  );
  if (!ingest || !transfer) throw new Error("A side was not measured.");
  return theirs.flatMap((rclone): Comparison[] => {
    const common = { benchmark: "a", theirs: rclone, measure: "throughput", target: 1 } as const;
    return [
      { ...common, title: `SFTP transfer${label}: the whole process`, ours: ingest },
      { ...common, title: `SFTP transfer${label}: the transfer alone`, ours: transfer },
    ];
  });
}

async function transferAlone(
  workshop: Workshop,
  reports: string,
  target: string,
  port: number,
): Promise<Sample> {
  const { host, username, privateKeyPath, hostKeyFingerprint: hostKey } = workshop.sshd;
  const request: TransferRequest = {
    host,
    port,
    username,
    privateKeyPath,
    hostKey,
    root: reports,
    lake: target,
  };
  const program = path.join(__dirname, "transfer.js");
  const sample = await timeNode(workshop.folder, [program, JSON.stringify(request)]);
  return { ...sample, seconds: Number(sample.stdout) };
}

async function bytesBelow(folder: string, ending = ""): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith(ending)) {
      bytes += (await stat(path.join(entry.parentPath, entry.name))).size;
    }
  }
  return bytes;
}
