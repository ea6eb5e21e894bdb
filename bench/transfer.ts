import { readFile } from "node:fs/promises";
import { userTypes } from "../src/clever/reports";
import { FolderLake } from "../src/lake/folder";
import { landFile } from "../src/pipeline/land/land";
import { lakeState, makePlan, planLandings } from "../src/pipeline/plan/plan";
import { SftpSource } from "../src/sftp/sftpSource";

/** The parameters of the transfer, as JSON in its first argument. */
export interface TransferRequest {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly privateKeyPath: string;
  readonly hostKey: string;
  readonly root: string;
  readonly lake: string;
}

/**
 * The transfer alone: lists the server and lands every report in a folder lake, without ingest log, run record and
 * lock. Prints its seconds, including connecting but not the process start.
 */
async function transfer(request: TransferRequest): Promise<void> {
  const { root, privateKeyPath, lake: folder, ...account } = request;
  const privateKey = await readFile(privateKeyPath, "utf8");
  const lake = await FolderLake.open(folder);
  const start = process.hrtime.bigint();
  await using source = new SftpSource({ ...account, privateKey, root });
  const empty = lakeState({ last: new Map(), anonymized: new Map(), deliveries: new Map() }, new Map());
  const plan = makePlan(await source.list(), empty, userTypes);
  const landings = planLandings(plan, new Date());
  const waiting = [...landings];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await landFile(source, lake, next, undefined);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  console.log(Number(process.hrtime.bigint() - start) / 1e9);
}

void transfer(JSON.parse(process.argv[2] ?? "") as TransferRequest);
