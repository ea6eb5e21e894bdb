import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config";
import { CommandLine } from "../helpers/cli";
import { projectFolder } from "../helpers/markdown";
import { findSshd, startSshd } from "../helpers/sshd";
import { temporaryFolder } from "../helpers/temporaryFolder";

const recipe = (name: string) => readFile(path.join(projectFolder, "deploy", name), "utf8");
const sshdProgram = findSshd();
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** The instructions of the final image: those after the last FROM, with continued lines joined. */
async function imageInstructions(): Promise<Instruction[]> {
  const all = (await recipe("Containerfile"))
    .replace(/^#.*\n/gm, "")
    .replaceAll("\\\n", "")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => ({ name: line.split(" ", 1)[0] ?? "", value: line.replace(/^\S+ +/, "") }));
  return all.slice(all.findLastIndex(({ name }) => name === "FROM"));
}

test("the image's user is not root and is numeric, as Kubernetes requires", async () => {
  const users = (await imageInstructions()).filter(({ name }) => name === "USER");
  expect(users.map(({ value }) => value)).toEqual([expect.stringMatching(/^[1-9]\d+:[1-9]\d+$/)]);
});

test.skipIf(sshdProgram === undefined)(
  "the image's health check passes while the server answers, and fails if it does not",
  async () => {
    const healthCheck = (await imageInstructions()).find(({ name }) => name === "HEALTHCHECK")?.value ?? "";
    const words = JSON.parse(healthCheck.replace(/^.*CMD /, "")) as string[];
    expect(words.slice(0, 3)).toEqual(["clever-lake", "--config", "/config/clever-lake.json"]);
    const folder = await temporaryFolder();
    const root = path.join(folder, "reports");
    await mkdir(root);
    const sshd = await startSshd(sshdProgram ?? "");
    const { host, port, username, privateKeyPath, hostKeyFingerprint: hostKey } = sshd;
    const cli = await CommandLine.create({
      folder,
      server: { host, port, username, root, hostKey, privateKeyPath, timeoutSeconds: 5 },
    });
    try {
      expect((await cli.run(...words.slice(3))).exitCode).toBe(0);
    } finally {
      await sshd.stop();
    }
    expect((await cli.run(...words.slice(3))).exitCode).toBe(2);
  },
);

test.skipIf(!hasSystemd)("systemd accepts the unit and the timer", async () => {
  const folder = await temporaryFolder();
  const unit = await recipe("clever-lake.service");
  // The program is not installed here.
  await writeFile(
    path.join(folder, "clever-lake.service"),
    unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`),
  );
  await writeFile(path.join(folder, "clever-lake.timer"), await recipe("clever-lake.timer"));
  const { status, stderr } = spawnSync(
    "systemd-analyze",
    ["verify", "./clever-lake.service", "./clever-lake.timer"],
    { cwd: folder, encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

test("the configuration in the Azure Container Apps job is valid", async () => {
  const [, value = ""] = /value: \|\n((?: {10}.*\n)+)/.exec(await recipe("container-apps-job.yaml")) ?? [];
  const filled = value
    .replace("HOST-KEY", "A".repeat(43))
    .replace("ACCOUNT", "districtlake")
    .replace("VAULT", "district-vault");
  expect(parseConfig(JSON.parse(filled), "container-apps-job.yaml")).toMatchObject({
    saltKeyVaultUrl: "https://district-vault.vault.azure.net",
  });
});
