import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { processSpace } from "../../src/basics/processSpace";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { type RunningSftpServer, startSftpServer } from "../../src/sftp/server/server";
import { type CliServer, CommandLine, runPlain } from "../helpers/cli";
import { contentsBelow, filesBelow } from "../helpers/lakeFiles";
import { findSshd, type Sshd, startSshd } from "../helpers/sshd";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** What the built command line refuses to start with; it then has done nothing and printed no secret. */

const secrets = {
  CLEVER_SFTP_PASSWORD: "a password to search for",
  CLEVER_SALT: "a salt to search for",
  CLEVER_SFTP_PASSPHRASE: "a passphrase to search for",
};
const commands = ["status", "ingest", "anonymize", "run", "metrics", "verify"];
const commandsWithServer = ["status", "run"];

describe("clever-lake refuses", () => {
  let folder: string;
  let server: RunningSftpServer;
  let address: CliServer;

  beforeEach(async () => {
    folder = await temporaryFolder();
    const reports = path.join(folder, "reports");
    await writeDistrict(
      sampleDistrict({ students: 20, teachers: 3, staff: 2, schools: 2, days: 2 }),
      reports,
    );
    server = await startSftpServer({
      folder: reports,
      username: "district",
      password: secrets.CLEVER_SFTP_PASSWORD,
    });
    const { host, port, hostKeyFingerprint: hostKey } = server;
    address = { host, port, username: "district", hostKey };
    return () => server.close();
  });

  const commandLine = (changes: Partial<CliServer> = {}) =>
    CommandLine.create({ folder, server: { ...address, ...changes }, secrets });

  /** Nothing is on standard output, exit code 2, and the lake is as before. */
  async function refused(cli: CommandLine, ...args: string[]): Promise<string> {
    const before = await contentsBelow(cli.lakeFolder);
    const { exitCode, stdout, stderr } = await cli.run(...args);
    expect({ args, exitCode, stdout }).toEqual({ args, exitCode: 2, stdout: "" });
    expect(await contentsBelow(cli.lakeFolder)).toEqual(before);
    expect(stderr).toMatch(/./);
    for (const secret of Object.values(secrets)) expect(stderr).not.toContain(secret);
    return stderr;
  }

  test("unknown commands and options", async () => {
    const cli = await commandLine();
    expect(await refused(cli, "runn")).toContain("unknown command");
    expect(await refused(cli, "help", "runn")).toBe(
      "error: unknown command 'runn'\nRun with --help for usage.\n",
    );
    expect(await refused(cli, "run", "--jsn")).toContain("unknown option");
    expect(await refused(cli, "run", "extra")).toContain("too many arguments");
    expect(await refused(cli, "metrics", "--from")).toContain("argument missing");
    expect(await runPlain()).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringContaining("Usage"),
    });
  });

  test("an empty name of a file or folder, or an option in its place", async () => {
    const cli = await commandLine();
    for (const options of [
      ["demo", "--days", "1", "--keep"],
      ["metrics", "--school-levels"],
      ["dashboard", "--out", path.join(folder, "page.html"), "--licences"],
    ]) {
      expect(await refused(cli, ...options, "")).toContain("It must not be empty.");
      expect(await refused(cli, ...options, "--help")).toContain("for a file of this name, use ./--help");
    }
  });

  test("a demo as a document", async () => {
    const { exitCode, stdout, stderr } = await runPlain("demo", "--json");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^error: demo does not support --json\.\n/);
  });

  test("no request for help", async () => {
    const help = await runPlain("--help");
    expect(help).toMatchObject({ exitCode: 0, stderr: "" });
    for (const command of [...commands, "demo", "CLEVER_SALT", "Exit code"])
      expect(help.stdout).toContain(command);
    for (const command of commands) {
      expect(await runPlain(command, "--help")).toMatchObject({ exitCode: 0, stderr: "" });
    }
    expect(await runPlain("--version")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+/),
    });
  });

  test.each(commands)("%s without a configuration", async (command) => {
    const missing = await runPlain(command, "--config", path.join(folder, "missing.json"));
    expect(missing).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringContaining("missing.json"),
    });
  });

  test("an invalid configuration", async () => {
    const cli = await commandLine();
    await writeFile(cli.configFile, "{");
    expect(await refused(cli, "run")).toContain("not valid JSON");
    await writeFile(cli.configFile, JSON.stringify({ sftp: { host: "h", password: "p" }, lake: {} }));
    expect(await refused(cli, "run")).toMatch(/sftp.*password.*lake\.url/s);
  });

  test.each(commandsWithServer)(
    "%s with a server that has a different key, and shows both keys",
    async (command) => {
      const wrong = `SHA256:${"A".repeat(43)}`;
      const message = await refused(await commandLine({ hostKey: wrong }), command, "--json");
      expect(message).toContain(wrong);
      expect(message).toContain(address.hostKey);
    },
  );

  test.each(commandsWithServer)("%s with a server that it cannot log in to or reach", async (command) => {
    const cli = (await commandLine()).withSecrets({ ...secrets, CLEVER_SFTP_PASSWORD: "a wrong password" });
    expect(await refused(cli, command, "--json")).not.toContain("a wrong password");
    expect(await refused(await commandLine({ username: "stranger" }), command)).toMatch(/./);
    await refused(await commandLine({ privateKeyPath: path.join(folder, "no-key") }), command);
    await server.close();
    expect(await refused(await commandLine(), command)).toContain(String(address.port));
  });

  test("a run without a salt, or with a salt other than the lake's", async () => {
    const cli = await commandLine();
    const { CLEVER_SALT: _, ...unsalted } = secrets;
    for (const command of ["run", "anonymize"]) {
      expect(await refused(cli.withSecrets(unsalted), command)).toContain("CLEVER_SALT");
    }
    expect(await filesBelow(cli.lakeFolder)).toEqual([]);
    expect((await cli.run("run")).exitCode).toBe(0);
    const resalted = cli.withSecrets({ ...secrets, CLEVER_SALT: "another salt to search for" });
    for (const command of ["run", "anonymize"]) {
      expect(await refused(resalted, command, "--json")).toContain("another salt;");
    }
    expect((await cli.run("verify")).exitCode).toBe(0);
    expect((await resalted.run("verify")).exitCode).toBe(1);
  });

  test("to work on the contents of a lake that does not exist, and creates none", async () => {
    const cli = await commandLine();
    const page = path.join(folder, "page.html");
    const rows = path.join(folder, "rows.parquet");
    for (const command of [
      "verify",
      "metrics",
      "groups",
      "engagement",
      `engagement --out ${rows}`,
      `dashboard --out ${page}`,
      "anonymize",
      "optimize --dry-run",
      "vacuum --dry-run",
      "repair --dry-run",
      "adopt --dry-run",
      "dismiss --file x.csv",
    ]) {
      expect(await refused(cli, ...command.split(" "))).toMatch(/file:.*(There is no lake|no rows).*mounted/);
    }
    const status = await cli.run("status");
    expect(status.exitCode).toBe(0);
    expect(status.stdout).toContain("There is no lake at file:");
    expect(await readdir(folder)).not.toContain("lake");
    const created = /There was no lake at file:.*; this run created it\.\nIf there should be one/;
    expect(await cli.run("run")).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(created) });
    expect((await cli.run("run")).stdout).not.toMatch(created);
    expect(await cli.run("status", "--json")).toMatchObject({ json: { isNew: false } });
  });

  test("a lake whose address is that of a file", async () => {
    const cli = await commandLine();
    await writeFile(cli.lakeFolder, "x");
    for (const command of ["run", "status", "verify"])
      expect(await refused(cli, command)).toContain("points to a file");
  });

  test("to accept a file that does not exist", async () => {
    const cli = await commandLine();
    expect((await cli.run("run")).exitCode).toBe(0);
    expect(await refused(cli, "run", "--accept", "resource-usage/none.csv")).toContain(
      "resource-usage/none.csv",
    );
  });

  test("a second concurrent run", async () => {
    const cli = await commandLine();
    expect((await cli.run("run")).exitCode).toBe(0);
    const lock = path.join(cli.lakeFolder, "stage1np/clever/_run.lock");
    const holder = {
      id: "1",
      runId: "the-other-run",
      host: "this-machine",
      space: processSpace,
      pid: process.pid,
      expires: Date.now() + 60_000,
    };
    await writeFile(lock, JSON.stringify(holder));
    expect(await refused(cli, "run", "--json")).toContain("the-other-run");
    await writeFile(lock, JSON.stringify({ ...holder, expires: Date.now() - 1 }));
    expect((await cli.run("run")).exitCode).toBe(0);
  });
});

const binary = findSshd();

describe.skipIf(binary === undefined)("clever-lake, with a key that has a passphrase", () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd(binary ?? "");
  });
  afterAll(() => sshd.stop());

  test("logs in with the right one and refuses without it", async () => {
    const folder = await temporaryFolder();
    const reports = path.join(folder, "reports");
    const district = sampleDistrict({ students: 5, teachers: 0, staff: 0, schools: 1, days: 1 });
    const paths = await writeDistrict(district, reports);
    const privateKeyPath = path.join(folder, "key");
    await writeFile(privateKeyPath, sshd.encryptedPrivateKey, { mode: 0o600 });
    const { host, port, username, passphrase, hostKeyFingerprint: hostKey } = sshd;
    const cli = await CommandLine.create({
      folder,
      server: { host, port, username, root: reports, privateKeyPath, hostKey },
      secrets: { CLEVER_SFTP_PASSPHRASE: passphrase, CLEVER_SALT: secrets.CLEVER_SALT },
    });
    for (const wrong of [{}, { CLEVER_SFTP_PASSPHRASE: "a wrong passphrase" }]) {
      const failed = await cli.withSecrets(wrong).run("status", "--json");
      expect(failed).toMatchObject({ exitCode: 2, stdout: "" });
      const key = await readFile(privateKeyPath, "utf8");
      for (const line of key.split("\n").slice(1, -2)) expect(failed.stderr).not.toContain(line);
    }
    expect(await cli.run("run", "--json")).toMatchObject({ exitCode: 0, json: { landed: paths.length } });
  });
});
