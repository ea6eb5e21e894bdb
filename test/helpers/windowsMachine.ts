import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import type { TestOutcome } from "../windows/vitestInNode";
import { type CliNode, OutputFiles } from "./cli";
import type { WindowsBuilds } from "./windowsBuilds";

const root = path.resolve(import.meta.dirname, "..", "..");

/** A path on this machine as Windows programs see it. */
export function windowsPath(file: string): string {
  return `Z:${path.resolve(file).replaceAll("/", "\\")}`;
}

export interface WindowsResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A separate Windows under Wine: a temporary drive C:, and the Windows builds of Node.js and DuckDB. */
export class WindowsMachine implements AsyncDisposable {
  private constructor(
    /** A folder on this machine for scripts and data. */
    readonly folder: string,
    private readonly builds: WindowsBuilds,
  ) {}

  static async create(builds: WindowsBuilds): Promise<WindowsMachine> {
    const machine = new WindowsMachine(await mkdtemp(path.join(tmpdir(), "clever-lake-wine-")), builds);
    // Keeps running between programs, so that the next one does not get the process id of one that was just killed.
    await mkdir(path.join(machine.folder, "prefix"));
    spawnSync("wineserver", ["--persistent"], { env: machine.environment, stdio: "ignore" });
    // Creates drive C:; otherwise every program would print a message about it.
    const { exitCode, stderr } = await machine.result("wine", ["wineboot", "--init"]);
    if (exitCode === 0) return machine;
    await machine[Symbol.asyncDispose]();
    throw new Error(`Wine could not be prepared: ${stderr}`);
  }

  /** Node.js for Windows. */
  get node(): CliNode {
    return {
      command: ["wine", this.builds.node],
      environment: {
        WINEPREFIX: path.join(this.folder, "prefix"),
        WINEDEBUG: "-all",
        // No file associations in the home folder, no offer to download .NET or a browser, and no drivers of USB and input
        // devices: on a busy machine, the process with the drivers crashed while drive C: was created.
        WINEDLLOVERRIDES:
          "winemenubuilder.exe,mscoree,mshtml,winebus.sys,wineusb.sys,winehid.sys,winexinput.sys=",
        NODE_SKIP_PLATFORM_CHECK: "1",
        // In addition to the project's packages, which have DuckDB's library for this machine only.
        NODE_PATH: windowsPath(path.resolve(this.builds.duckdb, "..", "..")),
      },
      path: windowsPath,
      writesToFiles: true,
    };
  }

  private get environment(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.node.environment };
  }

  /** Runs Node.js to its end. */
  async run(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<WindowsResult> {
    const [command = "", ...first] = this.node.command;
    return this.result(command, [...first, ...args], environment);
  }

  private async result(
    command: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<WindowsResult> {
    const files = new OutputFiles(this.folder);
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...this.environment, ...environment },
      stdio: ["ignore", ...files.descriptors],
    });
    const [exitCode] = (await once(child, "exit")) as [number | null];
    const [stdout, stderr] = files.take();
    return { exitCode, stdout, stderr };
  }

  /**
   * Runs a test file of this project in Node.js for Windows.
   * @param name of the file in `test/windows`, without its ending
   */
  async runTests(
    name: string,
    environment?: Readonly<Record<string, string>>,
  ): Promise<readonly TestOutcome[]> {
    const script = path.join(this.folder, `${name}.js`);
    const file = (ending: string) => JSON.stringify(path.join(root, "test", "windows", ending));
    const outcomesFile = path.join(this.folder, "outcomes.json");
    await build({
      stdin: {
        contents: `import { writeFileSync } from "node:fs";
          import { runTestFile } from ${file("vitestInNode.ts")};
          runTestFile(() => import(${file(`${name}.test.ts`)})).then((outcomes) =>
            writeFileSync(${JSON.stringify(windowsPath(outcomesFile))}, JSON.stringify(outcomes)));`,
        resolveDir: root,
      },
      outfile: script,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      alias: { vitest: path.join(root, "test", "windows", "vitestInNode.ts") },
      external: ["cpu-features", "*.node"],
      define: { "import.meta.dirname": "__dirname" },
      logLevel: "error",
    });
    await rm(outcomesFile, { force: true });
    const { exitCode, stdout, stderr } = await this.run([windowsPath(script)], environment);
    if (exitCode !== 0 || !existsSync(outcomesFile))
      throw new Error(`Node.js for Windows ended with ${exitCode}: ${stdout}${stderr}`);
    return JSON.parse(await readFile(outcomesFile, "utf8")) as readonly TestOutcome[];
  }

  /** Ends its processes and removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const env = this.environment;
    spawnSync("wineserver", ["--kill"], { env, stdio: "ignore" });
    spawnSync("wineserver", ["--wait"], { env, stdio: "ignore", timeout: 10_000 });
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
