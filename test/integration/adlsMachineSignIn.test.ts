import { chmod, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { AdlsEmulator } from "../adls-emulator/emulator";
import { startEmulator } from "../helpers/adls";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** A machine without a sign-in except by the test's own Azure CLI, which runs the script. */
async function machine(script: string): Promise<{ asked(): Promise<number> }> {
  const folder = await temporaryFolder();
  const log = path.join(folder, "asked");
  await writeFile(log, "");
  const az = path.join(folder, "az");
  await writeFile(az, `#!/bin/sh\necho asked >> '${log}'\n${script}\n`);
  await chmod(az, 0o755);
  vi.stubEnv("PATH", `${folder}:/usr/bin:/bin`);
  return { asked: async () => (await readFile(log, "utf8")).split("\n").length - 1 };
}

const answering = (token: string) =>
  `echo '{"accessToken":"${token}","expires_on":${Math.floor(Date.now() / 1000) + 3600}}'`;

beforeEach(() => {
  vi.resetModules();
  for (const name of [
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TOKEN_CREDENTIALS",
  ]) {
    vi.stubEnv(name, undefined);
  }
  return () => vi.unstubAllEnvs();
});

/** Looks for a file in the lake, like a process that has just started. */
async function opener() {
  const { openAdlsLake } = await import("../../src/lake/adls/open");
  return ({ url }: Pick<AdlsEmulator, "url">) =>
    openAdlsLake({ url, auth: "default" }, { firstWait: 2, attempts: 2 }).stat("stage2p/clever/x");
}

describe("the machine's sign-in", () => {
  test("is requested once for all lakes of a process, and again if the account lacks a permission", async () => {
    const az = await machine(answering("first"));
    const emulator = await startEmulator({ tokens: [{ token: "first" }] });
    const look = await opener();
    for (let lake = 0; lake < 3; lake++) expect(await look(emulator)).toBeUndefined();
    expect(await az.asked()).toBe(1);

    emulator.setTokens([{ token: "first", role: "none" }]);
    await expect(look(emulator)).rejects.toThrow("Your account lacks the permission");
    emulator.setTokens([{ token: "first" }]);
    expect(await look(emulator)).toBeUndefined();
    expect(await az.asked()).toBe(2);
  });

  test.each([
    ["echo 'Please run az login to setup account.' >&2; exit 1", "auth", "Nobody is signed in to Azure"],
    ["echo 'AADSTS700082: The refresh token has expired.' >&2; exit 1", "auth", "(AADSTS700082)"],
    [
      "echo 'HTTPSConnectionPool(host=login.microsoftonline.com): Max retries exceeded' >&2; exit 1",
      "network",
      "Azure's sign-in service cannot be reached.",
    ],
    [
      "echo 'SSLError(1, [SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer certificate' >&2; exit 1",
      "network",
      "Azure's sign-in service presents a certificate that this machine does not trust.",
    ],
  ])("that fails with %s is reported as such", async (script, code, message) => {
    await machine(script);
    const emulator = await startEmulator();
    const look = await opener();
    await expect(look(emulator)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    // After fixing it, the user need not restart the program.
    await machine(answering("a token"));
    expect(await look(emulator)).toBeUndefined();
  });

  test("with an unknown AZURE_TOKEN_CREDENTIALS is refused, with the reason", async () => {
    vi.stubEnv("AZURE_TOKEN_CREDENTIALS", "everything");
    const look = await opener();
    await expect(look(await startEmulator())).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining("AZURE_TOKEN_CREDENTIALS"),
    });
  });

  test("with a tenant other than the account's is reported, and not requested again", async () => {
    const payload = Buffer.from(JSON.stringify({ tid: "99999999-0000-0000-0000-000000000000" }));
    const az = await machine(answering(`x.${payload.toString("base64url")}.x`));
    const look = await opener();
    await expect(look(await startEmulator())).rejects.toMatchObject({
      code: "auth",
      message:
        "The storage account devaccount belongs to the tenant 00000000-0000-0000-0000-000000000000, but you are signed in to another one.",
    });
    expect(await az.asked()).toBe(1);
  });

  test("does not delay a cancelled call", async () => {
    await machine("sleep 20");
    const { openAdlsLake } = await import("../../src/lake/adls/open");
    const lake = openAdlsLake({ url: (await startEmulator()).url, auth: "default" });
    const started = performance.now();
    await expect(lake.stat("stage2p/clever/x", { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
