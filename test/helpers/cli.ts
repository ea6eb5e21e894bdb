import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { expect } from "vitest";
import { FolderLake } from "../../src/lake/folder";

const root = path.resolve(import.meta.dirname, "..", "..");
/** The built program. */
export const commandLine = path.join(root, "dist", "cli.mjs");

/**
 * Builds `dist/cli.mjs` if it is missing or older than its sources. If several test files start at the same time, one
 * builds and the others wait.
 */
export async function buildCommandLine(): Promise<void> {
  const lock = path.join(root, ".cache", "build.lock");
  await mkdir(path.dirname(lock), { recursive: true });
  while (isOutdated()) {
    try {
      mkdirSync(lock);
    } catch {
      // A build takes a second; a lock this old was left behind by a killed process.
      if (Date.now() - changed(lock) > 60_000) rmSync(lock, { recursive: true, force: true });
      await sleep(100);
      continue;
    }
    try {
      if (!isOutdated()) return;
      const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", "esbuild.ts"], {
        cwd: root,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`esbuild failed: ${stderr}`);
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
}

function isOutdated(): boolean {
  const sources = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join("src", name));
  const newest = Math.max(
    ...[...sources, "package.json", "esbuild.ts"].map((name) => changed(path.join(root, name))),
  );
  return changed(commandLine) < newest;
}

/** When a file was last written, in milliseconds; 0 if there is none. */
function changed(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

export interface CliResult {
  /** Null if a signal ended the process. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The document on standard output; undefined without `--json` or without output. */
  readonly json: unknown;
}

export interface RunningCli {
  readonly process: ChildProcess;
  readonly ended: Promise<CliResult>;
}

/** The part of a configuration that names the reports server. */
export interface CliServer {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly root?: string;
  readonly hostKey: string;
  readonly privateKeyPath?: string;
  readonly connections?: number;
  readonly timeoutSeconds?: number;
}

export interface CliSecrets {
  readonly CLEVER_SFTP_PASSWORD?: string;
  readonly CLEVER_SFTP_PASSPHRASE?: string;
  readonly CLEVER_SALT?: string;
  readonly CLEVER_LAKE_ACCOUNT_KEY?: string;
  readonly CLEVER_LAKE_SAS?: string;
}

/** A Node.js that runs the command line, and how it names this machine's files. */
export interface CliNode {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  path(file: string): string;
  /** It cannot write to Linux's pipes. */
  readonly writesToFiles?: true;
}

const ownNode: CliNode = { command: [process.execPath], environment: {}, path: (file) => file };

export interface CliSetUp {
  /** By default, the one that runs the tests. */
  readonly node?: CliNode | undefined;
  /** Gets the configuration and the lake. */
  readonly folder: string;
  readonly server: CliServer;
  /** By default, a new folder. */
  readonly lake?: { readonly url: string; readonly auth?: string };
  readonly secrets?: CliSecrets;
  readonly userTypes?: readonly string[];
  readonly minimumGroupSize?: number;
  readonly expectReportsWithin?: number;
  /** In addition to the secrets, such as a proxy. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * The built command line with its own configuration and lake. Every run is checked for the common rules: no secret and
 * no escape code in any output, and with `--json` one document or nothing.
 */
export class CommandLine {
  private constructor(
    readonly configFile: string,
    /** The lake's folder. */
    readonly lakeFolder: string,
    private readonly secrets: CliSecrets,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly node: CliNode,
  ) {}

  static async create(setUp: CliSetUp): Promise<CommandLine> {
    await buildCommandLine();
    const { folder, server, lake, secrets = {}, environment = {}, node = ownNode } = setUp;
    const { userTypes, minimumGroupSize, expectReportsWithin } = setUp;
    const lakeFolder = path.join(folder, "lake");
    const configFile = path.join(folder, "clever-lake.json");
    const config = {
      sftp: server,
      lake: lake ?? { url: node === ownNode ? pathToFileURL(lakeFolder).href : node.path(lakeFolder) },
      userTypes,
      minimumGroupSize,
      expectReportsWithin,
    };
    await writeFile(configFile, JSON.stringify(config, undefined, 2));
    // The cache belongs to the test, too.
    const caches = { XDG_CACHE_HOME: path.join(folder, "caches"), ...environment };
    return new CommandLine(configFile, lakeFolder, secrets, caches, node);
  }

  /** The same configuration and lake with other secrets. */
  withSecrets(secrets: CliSecrets): CommandLine {
    return new CommandLine(this.configFile, this.lakeFolder, secrets, this.environment, this.node);
  }

  /** The same configuration and secrets in another environment. */
  inEnvironment(environment: Readonly<Record<string, string>>): CommandLine {
    return new CommandLine(this.configFile, this.lakeFolder, this.secrets, environment, this.node);
  }

  lake(): Promise<FolderLake> {
    return FolderLake.open(this.lakeFolder);
  }

  /** Runs a command to its end, with `--config`. */
  run(...args: readonly string[]): Promise<CliResult> {
    return this.start(...args).ended;
  }

  start(...args: readonly string[]): RunningCli {
    const { command, environment: needed, path: named, writesToFiles } = this.node;
    const [executable = "", ...first] = command;
    const given = [...first, named(commandLine), ...args, "--config", named(this.configFile)];
    const files = writesToFiles && new OutputFiles(path.dirname(this.configFile));
    const child = spawn(executable, given, {
      env: { ...environment(this.secrets), ...needed, ...this.environment },
      stdio: ["ignore", ...(files?.descriptors ?? (["pipe", "pipe"] as const))],
    });
    return { process: child, ended: resultOf(child, args, this.secrets, files) };
  }
}

/** Runs the built command line with exactly these arguments. */
export async function runPlain(...args: readonly string[]): Promise<CliResult> {
  await buildCommandLine();
  const child = spawn(process.execPath, [commandLine, ...args], {
    env: environment({}),
    stdio: ["ignore", "pipe", "pipe"],
  });
  return resultOf(child, args, {});
}

/** The environment that a scheduler gives its jobs, without anything of this machine, such as an SSH agent. */
function environment(secrets: CliSecrets): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), ...secrets };
}

/** Files in place of a process's pipes. */
export class OutputFiles {
  private readonly stem: string;
  /** Of standard output and standard error. */
  readonly descriptors: readonly [number, number];

  constructor(folder: string) {
    this.stem = path.join(folder, randomUUID());
    this.descriptors = [openSync(`${this.stem}.out`, "wx"), openSync(`${this.stem}.err`, "wx")];
  }

  /** What was written; call it once, after the process has ended. */
  take(): [string, string] {
    for (const descriptor of this.descriptors) closeSync(descriptor);
    const files = [`${this.stem}.out`, `${this.stem}.err`];
    const texts = files.map((file) => readFileSync(file, "utf8"));
    for (const file of files) rmSync(file);
    return texts as [string, string];
  }
}

async function resultOf(
  child: ChildProcess,
  args: readonly string[],
  secrets: CliSecrets,
  files?: OutputFiles,
): Promise<CliResult> {
  const outputs = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.on("data", (chunk: Buffer) => outputs[name].push(chunk));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const fromPipes = () =>
    [outputs.stdout, outputs.stderr].map((chunks) => Buffer.concat(chunks).toString("utf8")) as [
      string,
      string,
    ];
  const [stdout, stderr] = files?.take() ?? fromPipes();
  for (const output of [stdout, stderr]) {
    for (const secret of Object.values(secrets)) expect(output, "a secret").not.toContain(secret);
    expect(output, "control characters").not.toMatch(/[^\P{Cc}\n]/u);
  }
  const json: unknown = args.includes("--json") && stdout !== "" ? JSON.parse(stdout) : undefined;
  return { exitCode, stdout, stderr, json };
}
