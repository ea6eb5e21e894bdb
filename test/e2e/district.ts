import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "csv-parse/sync";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { startSftpServer } from "../../src/sftp/server/server";
import { DelayProxy } from "../helpers/delayProxy";
import { findSshd, type Sshd, startSshd } from "../helpers/sshd";

/** School days of the district, newest first. */
export const days = ["2025-08-29", "2025-08-28", "2025-08-27", "2025-08-26", "2025-08-25"] as const;
/** Two reports for each of three user types. */
export const reportCount = 6 * days.length;

const dailyHeader =
  "date,sis_id,clever_user_id,clever_school_id,school_name,active,num_logins,num_resources_accessed";

/** A district's reports in a folder, with a place for a lake next to it. */
export class District implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    /** The folder that the server serves. */
    readonly reports: string,
    /** Where the lake can be created. */
    readonly lake: string,
  ) {}

  static async make(students: number): Promise<District> {
    const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-district-"));
    const reports = path.join(folder, "reports");
    const district = sampleDistrict({ students, teachers: 8, staff: 4, schools: 2, days: days.length });
    await writeDistrict(district, reports);
    return new District(folder, reports, path.join(folder, "lake"));
  }

  /** Puts a day's participation report on the server, in place of the existing one. */
  async putDaily(day: string, rows: readonly string[]): Promise<string> {
    const name = `daily-participation/${day}-daily-participation-students.csv`;
    const file = path.join(this.reports, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${[dailyHeader, ...rows].join("\n")}\n`);
    return name;
  }

  /** Rows of all reports on the server. */
  async rows(): Promise<number> {
    const names = await readdir(this.reports, { recursive: true });
    const counts = await Promise.all(
      names
        .filter((name) => name.endsWith(".csv"))
        .map(async (name) => {
          const records: unknown[] = parse(await readFile(path.join(this.reports, name)), {
            relax_column_count: true,
          });
          return records.length - 1;
        }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** A row of an invented student whose ids are nowhere else. */
  row(day: string, { person = randomUUID(), logins = "2", date = day } = {}): string {
    return `${date},sis-${person},clever-${person},school-1,Cedar Hollow High School,true,${logins},3`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A server that a test can stall and disconnect. */
export interface Server extends AsyncDisposable {
  /** The port for clients. */
  readonly proxy: DelayProxy;
  readonly hostKeyFingerprint: string;
}

export interface SshdServer extends Server {
  readonly sshd: Sshd;
}

/** OpenSSH, which accepts the private key with its passphrase; undefined if unavailable. */
export async function serveBySshd(passphrase: string): Promise<SshdServer | undefined> {
  const program = findSshd();
  if (program === undefined) return undefined;
  const sshd = await startSshd(program, "internal-sftp", passphrase);
  const proxy = await DelayProxy.start({ target: sshd.port });
  return {
    proxy,
    sshd,
    hostKeyFingerprint: sshd.hostKeyFingerprint,
    [Symbol.asyncDispose]: async () => {
      await proxy.close();
      await sshd.stop();
    },
  };
}

/** The server of the sample district, which requires a password. */
export async function serveByPassword(folder: string, password: string): Promise<Server> {
  const server = await startSftpServer({ folder, username: "district", password });
  const proxy = await DelayProxy.start({ target: server.port });
  return {
    proxy,
    hostKeyFingerprint: server.hostKeyFingerprint,
    [Symbol.asyncDispose]: async () => {
      await proxy.close();
      await server.close();
    },
  };
}
