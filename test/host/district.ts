import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigurationTarget, workspace } from "vscode";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { type ConnectionSettings, useSample } from "../../src/ui/connection/settings";
import { findSshd, type Sshd, startSshd } from "../helpers/sshd";
import { activeApplication } from "./application";

export const salt = "planted-salt-4c1d";

/** The size of a district; the rest does not matter to these tests. */
export interface Size {
  readonly students: number;
  readonly days: number;
}

/** A district's reports behind OpenSSH's own server, and an empty lake. */
export class District implements AsyncDisposable {
  private constructor(
    readonly sshd: Sshd,
    private readonly folder: string,
  ) {}

  static async serve(size: Size | undefined): Promise<District> {
    const program = findSshd();
    assert.ok(program, "OpenSSH's server is there.");
    const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-district-"));
    const district = new District(await startSshd(program), folder);
    await mkdir(district.reports);
    if (size) {
      const sample = sampleDistrict({ ...size, teachers: 4, staff: 2, schools: 2, firstDay: "2025-08-25" });
      await writeDistrict(sample, district.reports);
    }
    return district;
  }

  /** The folder that the server serves. */
  get reports(): string {
    return path.join(this.folder, "reports");
  }

  get lake(): string {
    return path.join(this.folder, "lake");
  }

  /** The dashboard's cache folder. */
  get cache(): string {
    return path.join(this.folder, "cache");
  }

  /** Connects the window to it, like the wizard. */
  async connect(changes: Partial<ConnectionSettings> = {}): Promise<void> {
    const { model } = await activeApplication();
    const { host, port, username, hostKeyFingerprint, privateKeyPath } = this.sshd;
    const settings = {
      host,
      port,
      username,
      privateKeyPath,
      hostKey: hostKeyFingerprint,
      lakeUrl: pathToFileURL(this.lake).href,
      lakeAuth: "default" as const,
      saltKeyVaultUrl: "",
      ...changes,
    };
    await setSetting("sftp.root", this.reports);
    await model.keep(settings, { salt });
  }

  async end(): Promise<void> {
    await disconnect();
    await this.sshd.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** Restores the window's state before any connection. */
export async function disconnect(): Promise<void> {
  const { model, runs } = await activeApplication();
  runs.cancel();
  await useSample(false);
  await model.remove();
}

export async function setSetting(key: string, value: unknown): Promise<void> {
  await workspace.getConfiguration("clever").update(key, value, ConfigurationTarget.Global);
}
