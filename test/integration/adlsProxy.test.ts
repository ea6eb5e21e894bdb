import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { startSftpServer } from "../../src/sftp/server/server";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake } from "../helpers/adls";
import { CommandLine } from "../helpers/cli";
import { ConnectProxy } from "../helpers/connectProxy";
import { temporaryFolder } from "../helpers/temporaryFolder";
import { wholeFile } from "../helpers/wholeFile";

const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };

/**
 * An account under Azure's own name that is reachable only through a proxy, with a certificate that only the district's
 * machines trust; and the command line on such a machine.
 */
async function behindProxy({
  credentials,
  auth = "sharedKey",
}: {
  credentials?: string;
  auth?: string;
} = {}) {
  const folder = await temporaryFolder();
  const reports = path.join(folder, "reports");
  const files = await writeDistrict(
    sampleDistrict({ students: 60, teachers: 6, staff: 3, schools: 3, days: 4 }),
    reports,
  );
  const sftp = await startSftpServer({
    folder: reports,
    username: "district",
    password: secrets.CLEVER_SFTP_PASSWORD,
  });
  const emulator = await AdlsEmulator.start({ tls: true });
  const dfs = `${emulator.account}.dfs.core.windows.net`;
  const blob = `${emulator.account}.blob.core.windows.net`;
  const hosts = { [dfs]: emulator.port, [blob]: emulator.port };
  const proxy = await ConnectProxy.start({ hosts, ...(credentials === undefined ? {} : { credentials }) });
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]();
    await emulator[Symbol.asyncDispose]();
    await sftp.close();
  });
  const certificate = path.join(folder, "district.pem");
  await writeFile(certificate, emulator.certificate ?? "");
  const { host, port, hostKeyFingerprint: hostKey } = sftp;
  const environment = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: certificate };
  const cli = await CommandLine.create({
    folder,
    server: { host, port, username: "district", hostKey },
    lake: { url: `https://${dfs}`, auth },
    secrets: { ...secrets, CLEVER_LAKE_ACCOUNT_KEY: emulator.key },
    environment,
  });
  return { cli, emulator, proxy, environment, dfs, blob, files: files.length };
}

describe("behind a district's proxy", () => {
  test("a run uses few tunnels, however many requests it makes", async () => {
    const { cli, emulator, proxy, dfs, blob, files } = await behindProxy();
    const { exitCode, stderr, json } = await cli.run("run", "--json");
    expect({ exitCode, stderr, json }).toMatchObject({ exitCode: 0, json: { landed: files, failed: [] } });
    expect(new Set(proxy.tunnels)).toEqual(new Set([dfs, blob]));
    expect(emulator.requests.length).toBeGreaterThan(200);
    // As many as there are concurrent transfers to the two hosts: eight copies, four incoming files, four outgoing.
    expect(proxy.tunnels.length).toBeLessThan(60);
    expect(await cli.run("verify", "--json")).toMatchObject({ exitCode: 0, json: { problems: [] } });
  });

  test("a missing proxy password is reported, and a configured one is used", async () => {
    const { cli, proxy, environment } = await behindProxy({ credentials: "district:s3cret" });
    const refused = await cli.run("metrics");
    expect(refused).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("The proxy requires a login."),
    });
    expect(proxy.tunnels).toEqual([]);
    const signedIn = { ...environment, HTTPS_PROXY: proxy.url.replace("http://", "http://district:s3cret@") };
    const { exitCode, stderr, stdout } = await cli.inEnvironment(signedIn).run("run");
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr + stdout).not.toContain("s3cret");
  });

  test("the machine's sign-in uses the proxy too", async () => {
    const { cli, proxy, environment } = await behindProxy({ auth: "default" });
    const principal = {
      AZURE_TENANT_ID: "11111111-1111-1111-1111-111111111111",
      AZURE_CLIENT_ID: "22222222-2222-2222-2222-222222222222",
      AZURE_CLIENT_SECRET: "a client's secret",
      AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential",
    };
    const { exitCode, stderr } = await cli.inEnvironment({ ...environment, ...principal }).run("metrics");
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining("Azure's sign-in service cannot be reached."),
    });
    expect(new Set(proxy.refused)).toEqual(new Set(["login.microsoftonline.com"]));
  });

  test("a content filter's untrusted certificate is reported as such", async () => {
    const { cli, proxy } = await behindProxy();
    const started = performance.now();
    const { exitCode, stderr } = await cli.inEnvironment({ HTTPS_PROXY: proxy.url }).run("metrics");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/presents a certificate that this machine does not trust \(\w*CERT\w*\)/);
    expect(stderr).toContain("NODE_EXTRA_CA_CERTS");
    // It is not retried repeatedly, and nothing keeps the process alive after the report.
    expect(proxy.tunnels.length).toBeLessThan(5);
    expect(performance.now() - started).toBeLessThan(60_000);
  });
});

describe("a response that is not Azure's", () => {
  /** A network's sign-in page for every request. */
  async function signInPage(status: number) {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { "content-type": "text/html", etag: '"1"' }).end("<html>Sign in</html>");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/devaccount`;
    const key = Buffer.from("key").toString("base64");
    return openLake({ url, account: "devaccount", key }, { auth: "sharedKey" });
  }

  test.each([200, 201, 404, 403])("with status %i is not mistaken for the lake's", async (status) => {
    const lake = await signInPage(status);
    const reported = {
      code: "network",
      message: `Something other than Azure answered (${status}).`,
    };
    const file = "stage2p/clever/table/_delta_log/00000000000000000000.json";
    await expect(wholeFile(lake, file)).rejects.toMatchObject(reported);
    await expect(lake.stat(file)).rejects.toMatchObject(reported);
    await expect(lake.readRange(file, 0, 3)).rejects.toMatchObject(reported);
    await expect(lake.putIfAbsent(file, Buffer.from("{}"))).rejects.toMatchObject(reported);
    await expect(lake.delete(file)).rejects.toMatchObject(reported);
    const listed = async () => {
      for await (const entry of lake.list("stage2p/clever/table", { recursive: true })) return entry;
      return "nothing";
    };
    await expect(listed()).rejects.toMatchObject(reported);
  });
});
