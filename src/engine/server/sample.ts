import { randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { CleverLakeError } from "../../basics/errors";
import { removeLocal, replaceFile } from "../../basics/filesInUse";
import { jsonIn } from "../../basics/json";
import { newSalt } from "../../basics/newSalt";
import { moveIfAbsent } from "../../lake/moveIfAbsent";
import { sampleDistrict } from "../../sample/district";
import { writeDistrict } from "../../sample/reportFiles";
import { sampleRosterPath, writeRoster } from "../../sample/roster";
import { showcase } from "../../sample/showcase";
import type { RunningSftpServer } from "../../sftp/server/server";
import type { SampleParams, SampleServer } from "../messages/messages";

const username = "district";

/** Shared by all servers of one district, in any process. The salt is that of the sample's lake. */
const identitySchema = z.object({ hostKey: z.string(), salt: z.string().min(1) });
type Identity = z.infer<typeof identitySchema>;

/**
 * The sample district behind an SFTP server in this process; one at a time. Each process uses its own port, so that
 * several can serve the same district independently.
 */
export class Sample {
  private running: { readonly server: RunningSftpServer; readonly answer: SampleServer } | undefined;

  /** Starts the district's server; a running one with the same folder and password is kept. */
  async start(params: SampleParams, signal: AbortSignal): Promise<SampleServer> {
    const folder = path.resolve(params.folder);
    const reportsFolder = path.join(folder, "reports");
    const { answer } = this.running ?? {};
    const samePassword = params.password === undefined || params.password === answer?.password;
    if (answer?.reportsFolder === reportsFolder && samePassword) return answer;
    await this.stop();

    const password = params.password ?? randomBytes(12).toString("base64url");
    const { hostKey, salt } = await prepare(folder, reportsFolder, params, signal);
    const { startSftpServer } = await import("../../sftp/server/server");
    const server = await startSftpServer({ folder: reportsFolder, username, password, hostKey });
    const { host, port, hostKeyFingerprint } = server;
    const started: SampleServer = {
      host,
      port,
      username,
      password,
      hostKey: hostKeyFingerprint,
      reportsFolder,
      rosterPath: existsSync(path.join(reportsFolder, sampleRosterPath)) ? sampleRosterPath : null,
      lakeUrl: pathToFileURL(lakeIn(folder)).href,
      salt,
    };
    this.running = { server, answer: started };
    return started;
  }

  async stop(): Promise<void> {
    const { server } = this.running ?? {};
    this.running = undefined;
    await server?.close();
  }
}

function lakeIn(folder: string): string {
  return path.join(folder, "lake");
}

/** Creates the district if it does not exist. Its identity is written last, once the district is complete. */
async function prepare(
  folder: string,
  reportsFolder: string,
  { size }: SampleParams,
  signal: AbortSignal,
): Promise<Identity> {
  const file = path.join(folder, "server.json");
  const known = existsSync(reportsFolder) ? await readIdentity(file) : undefined;
  if (known) return known;
  const district = sampleDistrict(size ?? showcase);
  await writeDistrict(district, reportsFolder, { signal });
  await writeRoster(district, reportsFolder, { signal });
  const { newHostKey } = await import("../../sftp/server/server");
  const identity = { hostKey: newHostKey(), salt: newSalt() };
  try {
    return await keepIdentity(file, identity);
  } catch (cause) {
    throw new CleverLakeError("io", "The sample district's folder cannot be written.", {
      subject: file,
      cause,
    });
  }
}

async function readIdentity(file: string): Promise<Identity | undefined> {
  return identitySchema.safeParse(jsonIn(await readFile(file, "utf8").catch(() => ""))).data;
}

/** Writes the identity atomically. If two processes create the same district, the first identity is used. */
async function keepIdentity(file: string, identity: Identity): Promise<Identity> {
  const unfinished = `${file}.${randomUUID()}.part`;
  try {
    const first = await readIdentity(file);
    if (first) return first;
    // A lake cannot be continued without its salt. Its people are fictitious, so it is removed.
    await removeLocal(lakeIn(path.dirname(file)));
    await writeFile(unfinished, JSON.stringify(identity), { mode: 0o600 });
    if (await moveIfAbsent(unfinished, file, `${file}.claim`)) return identity;
    const known = await readIdentity(file);
    if (known) return known;
    // The existing file is damaged, or written by a version that stored the salt elsewhere.
    await replaceFile(unfinished, file);
    return identity;
  } finally {
    await removeLocal(unfinished);
  }
}
