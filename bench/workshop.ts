import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { type SampleDistrict, sampleDistrict } from "../src/sample/district";
import { type WriteDistrictOptions, writeDistrict } from "../src/sample/reportFiles";
import { findSshd, type Sshd, startSshd } from "../test/helpers/sshd";
import { type Sample, type TimedProcess, timeNode, timeProcess } from "./measure";
import { installedRclone, newestRclone, type Rclone } from "./newestRclone";

/** The project's folder, from `dist/bench`. */
export const projectFolder = path.resolve(__dirname, "..", "..");

/** The benchmarks' environment: a temporary folder, a real sshd, the program and what it is compared with. */
export class Workshop implements AsyncDisposable {
  private newest: Promise<Rclone | undefined> | undefined;
  readonly salt = randomBytes(32).toString("hex");
  private taken = 0;

  private constructor(
    readonly folder: string,
    readonly sshd: Sshd,
    /** The installed one. */
    readonly rclone: Rclone,
  ) {}

  static async open(): Promise<Workshop> {
    const sshd = findSshd();
    if (sshd === undefined) throw new Error("OpenSSH's sshd is needed: install openssh-server.");
    const rclone = await installedRclone();
    const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-bench-"));
    return new Workshop(folder, await startSshd(sshd), rclone);
  }

  /** A path that does not exist yet. */
  newPath(name: string): string {
    return path.join(this.folder, `${name}-${++this.taken}`);
  }

  /** Publishes days of a district of students below a folder, like Clever's server. */
  async publish(
    folder: string,
    size: {
      readonly students: number;
      readonly teachers?: number;
      readonly staff?: number;
      readonly days: number;
      readonly firstDay?: string;
    },
    options?: WriteDistrictOptions,
  ): Promise<SampleDistrict> {
    const schools = Math.max(1, Math.round(size.students / 1200));
    const district = sampleDistrict({ teachers: 0, staff: 0, ...size, schools });
    await writeDistrict(district, folder, options);
    return district;
  }

  /** A configuration file for the program, with reports in one folder and a lake in another. */
  async config(
    reports: string,
    lake: string,
    { port = this.sshd.port, settings = {} }: { readonly port?: number; readonly settings?: object } = {},
  ): Promise<string> {
    const { host, username, privateKeyPath, hostKeyFingerprint: hostKey } = this.sshd;
    const file = this.newPath("config.json");
    const sftp = { host, port, username, privateKeyPath, hostKey, root: reports };
    await writeFile(file, JSON.stringify({ sftp, lake: { url: pathToFileURL(lake).href }, ...settings }));
    return file;
  }

  /** One run of the installed program; its output is the JSON document. */
  cleverLake(command: string, config: string): Promise<TimedProcess> {
    const cli = path.join(projectFolder, "dist", "cli.mjs");
    return timeNode(this.folder, [cli, command, "--json", "--config", config], { CLEVER_SALT: this.salt });
  }

  /** The start and end of the program without any work. */
  start(): Promise<TimedProcess> {
    return timeNode(this.folder, [path.join(projectFolder, "dist", "cli.mjs"), "--version"], {});
  }

  /** The installed rclone and, if it can be built, the newest one. */
  async rclones(): Promise<readonly Rclone[]> {
    this.newest ??= newestRclone(projectFolder);
    const newest = await this.newest;
    return newest === undefined ? [this.rclone] : [this.rclone, newest];
  }

  /**
   * `rclone copy` of everything on the server, with default options except for the number of transfers and the
   * output.
   */
  copyByRclone(
    { command }: Rclone,
    reports: string,
    target: string,
    {
      port = this.sshd.port,
      flags = [],
    }: { readonly port?: number; readonly flags?: readonly string[] } = {},
  ): Promise<Sample> {
    const { host, username, privateKeyPath } = this.sshd;
    const account = ["--sftp-host", host, "--sftp-port", String(port), "--sftp-user", username];
    const key = ["--sftp-key-file", privateKeyPath, "--config", ""];
    const args = ["copy", "--transfers", "8", `:sftp:${reports}`, target, ...account, ...key, ...flags];
    return timeProcess({ command, args });
  }

  /** OpenSSH's `sftp -r` of everything on the server: into a folder of the same name within the existing target. */
  copyBySftp(reports: string, target: string): Promise<Sample> {
    const { host, port, username, privateKeyPath } = this.sshd;
    const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"];
    const account = [
      "-P",
      String(port),
      "-i",
      privateKeyPath,
      ...options.flatMap((option) => ["-o", option]),
    ];
    const args = ["-q", "-r", "-p", ...account, `${username}@${host}:${reports}`, target];
    return timeProcess({ command: "sftp", args });
  }

  /** The script as an engineer would write it, on the CSV files of both reports, or of one (the other empty). */
  handWritten(participation: string, usage: string, tables: string): Promise<Sample> {
    const script = path.join(__dirname, "handWritten.js");
    return timeNode(this.folder, [script, participation, usage, tables], { CLEVER_SALT: this.salt });
  }

  /** Starts a proxy in front of the sshd that delays each byte; resolves to its port and a function that stops it. */
  async delayProxy(oneWayDelay: number): Promise<{ readonly port: number; stop(): Promise<void> }> {
    const args = [path.join(__dirname, "delayProxy.js"), String(this.sshd.port), String(oneWayDelay)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = await once(createInterface(child.stdout), "line");
    const stop = async () => {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    };
    return { port: Number(port), stop };
  }

  /** A copy of a folder by hard links: the program never writes into an existing file. */
  async linkedCopy(folder: string): Promise<string> {
    const copy = this.newPath("copy");
    await mkdir(copy);
    await timeProcess({ command: "cp", args: ["-al", `${folder}/.`, copy] });
    return copy;
  }

  /** A copy of a folder with file times, whose files may be changed. */
  async copy(folder: string): Promise<string> {
    const copy = this.newPath("copy");
    await cp(folder, copy, { recursive: true, preserveTimestamps: true });
    return copy;
  }

  async remove(place: string): Promise<void> {
    await rm(place, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sshd.stop();
    await this.remove(this.folder);
  }
}
