import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { CleverLakeError } from "../errors";
import { sampleDistrict } from "../sample/district";
import { writeDistrict } from "../sample/reportFiles";
import { sampleRosterPath, writeRoster } from "../sample/roster";
import { showcase } from "../sample/showcase";
import { newHostKey, type RunningSftpServer, startSftpServer } from "../sftp/server";
import type { SampleParams, SampleServer } from "./messages";

const username = "district";

/** What makes a server the same one after a restart, so that settings made for it stay good. */
const identitySchema = z.object({ port: z.number().int(), hostKey: z.string() });
type Identity = z.infer<typeof identitySchema>;

/** The sample district behind an SFTP server of this process; one at a time. */
export class Sample implements AsyncDisposable {
  private running: { readonly server: RunningSftpServer; readonly answer: SampleServer } | undefined;

  /** Starts the district's server; the one of the same folder and password goes on. */
  async start(params: SampleParams, signal: AbortSignal): Promise<SampleServer> {
    const folder = path.resolve(params.folder);
    const reportsFolder = path.join(folder, "reports");
    const { answer } = this.running ?? {};
    const samePassword = params.password === undefined || params.password === answer?.password;
    if (answer?.reportsFolder === reportsFolder && samePassword) return answer;
    await this.stop();

    const password = params.password ?? randomBytes(12).toString("base64url");
    const file = path.join(folder, "server.json");
    const known = existsSync(reportsFolder) ? await readIdentity(file) : undefined;
    if (!known) {
      const district = sampleDistrict(params.size ?? showcase);
      await writeDistrict(district, reportsFolder, { signal });
      await writeRoster(district, reportsFolder, { signal });
    }
    const hostKey = known?.hostKey ?? newHostKey();
    const server = await listen({ folder: reportsFolder, username, password, hostKey }, known?.port);
    const { host, port, hostKeyFingerprint } = server;
    try {
      await writeIdentity(file, { port, hostKey });
    } catch (error) {
      await server.close();
      throw error;
    }
    const started: SampleServer = {
      host,
      port,
      username,
      password,
      hostKey: hostKeyFingerprint,
      reportsFolder,
      rosterPath: existsSync(path.join(reportsFolder, sampleRosterPath)) ? sampleRosterPath : null,
      lakeUrl: pathToFileURL(path.join(folder, "lake")).href,
    };
    this.running = { server, answer: started };
    return started;
  }

  async stop(): Promise<void> {
    const { server } = this.running ?? {};
    this.running = undefined;
    await server?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function listen(
  options: Parameters<typeof startSftpServer>[0],
  port: number | undefined,
): Promise<RunningSftpServer> {
  try {
    return await startSftpServer(port === undefined ? options : { ...options, port });
  } catch (error) {
    // Somebody else has the port by now; another one is as good.
    if (port === undefined || error instanceof CleverLakeError) throw error;
    return startSftpServer(options);
  }
}

/** Written when the district is whole: where it is missing, the district is written anew. */
async function readIdentity(file: string): Promise<Identity | undefined> {
  try {
    return identitySchema.safeParse(JSON.parse(await readFile(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}

async function writeIdentity(file: string, identity: Identity): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(identity), { mode: 0o600 });
  } catch (cause) {
    throw new CleverLakeError("io", "The sample district's folder cannot be written.", {
      subject: file,
      cause,
    });
  }
}
