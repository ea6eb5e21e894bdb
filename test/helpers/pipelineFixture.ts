import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { ingestLogTable, lookupTable, pseudoTable } from "../../src/clever/layout";
import { type ReportName, reports, userTypes } from "../../src/clever/reports";
import type { SqlRow } from "../../src/duck/duck";
import { FolderLake } from "../../src/lake/folder";
import type { LogEntry } from "../../src/pipeline/log/ingestLog";
import { IngestLog } from "../../src/pipeline/log/logTable";
import type { RunSummary } from "../../src/pipeline/log/runRecord";
import type { PlannedFile } from "../../src/pipeline/plan/plan";
import { type Status, status } from "../../src/pipeline/plan/status";
import { run } from "../../src/pipeline/run";
import type { RunRequest } from "../../src/pipeline/runRequest";
import { type Verification, verifyLake } from "../../src/pipeline/verify/verify";
import { FolderSource } from "./folderSource";
import { lakeRows, sharedDuck } from "./lakeRows";
import { temporaryFolder } from "./temporaryFolder";

export const salt = "pepper of these tests";

export const dailyHeader =
  "date,sis_id,clever_user_id,clever_school_id,school_name,active,num_logins,num_resources_accessed";
export const usageHeader =
  "date,sis_id,clever_user_id,clever_school_id,school_name,resource_type,resource_name,resource_id,num_access";

/** A line of daily participation. */
export function daily(person: string, date = "2024-09-03", logins = 1): string {
  return `${date},sis-${person},clever-${person},school-1,North High,true,${logins},2`;
}

/** A line of resource usage. */
export function usage(person: string, resource: string, date = "2024-09-03", accesses = 1): string {
  return `${date},sis-${person},clever-${person},school-1,North High,app,${resource},id-${resource},${accesses}`;
}

export function dailyCsv(...lines: string[]): string {
  return [dailyHeader, ...lines, ""].join("\n");
}

export function usageCsv(...lines: string[]): string {
  return [usageHeader, ...lines, ""].join("\n");
}

/** The path of a day's student report on the server. */
export function dailyPath(day = "2024-09-03", type = "students"): string {
  return `daily-participation/${day}-daily-participation-${type}.csv`;
}

export function usagePath(day = "2024-09-03", type = "students"): string {
  return `resource-usage/${day}-resource-usage-${type}.csv`;
}

/** OEA's `hash`. */
export function pseudonym(value: string | null, withSalt = salt): string | null {
  return value === null ? null : createHash("sha256").update(value).update(withSalt).digest("hex");
}

/** A server's folder and a lake, both in temporary folders. */
export class PipelineFixture {
  private clock = Date.UTC(2024, 10, 5);

  private constructor(
    readonly server: string,
    readonly source: FolderSource,
    readonly lake: FolderLake,
  ) {}

  /** In a temporary folder of the test, or in one that the caller removes. */
  static async create(place?: string): Promise<PipelineFixture> {
    const folder = place ?? (await temporaryFolder());
    const server = path.join(folder, "server");
    await mkdir(server, { recursive: true });
    return new PipelineFixture(
      server,
      new FolderSource(server),
      await FolderLake.open(path.join(folder, "lake")),
    );
  }

  /** Copies the server and the lake into a temporary folder of the test, or into one that the caller removes. */
  async copy(place?: string): Promise<PipelineFixture> {
    const folder = place ?? (await temporaryFolder());
    await cp(path.dirname(this.server), folder, { recursive: true, preserveTimestamps: true });
    const copy = await PipelineFixture.create(folder);
    copy.clock = this.clock;
    return copy;
  }

  /** Puts a file on the server; each one is newer than the previous ones unless its age is given. */
  async put(file: string, content: string | Buffer, modified?: Date): Promise<void> {
    const place = path.join(this.server, file);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, content);
    await this.touch(file, modified);
  }

  async touch(file: string, modified?: Date): Promise<void> {
    this.clock += 60_000;
    const time = modified ?? new Date(this.clock);
    await utimes(path.join(this.server, file), time, time);
  }

  async remove(file: string): Promise<void> {
    await rm(path.join(this.server, file));
  }

  run(request: Partial<RunRequest> = {}): Promise<RunSummary> {
    return run({ command: "run", lake: this.lake, source: this.source, salt, userTypes, ...request });
  }

  async status(): Promise<readonly PlannedFile[]> {
    return (await this.lakeStatus()).files;
  }

  lakeStatus(expectReportsWithin = 0): Promise<Status> {
    return status(this.source, this.lake, { userTypes: [...userTypes], expectReportsWithin });
  }

  /** The state that `status` shows of a file. */
  async state(file: string): Promise<string | undefined> {
    return (await this.status()).find((each) => each.path === file)?.state;
  }

  rows(report: ReportName = "daily_participation"): Promise<SqlRow[]> {
    return lakeRows(this.lake, pseudoTable(reports[report]));
  }

  lookup(report: ReportName = "daily_participation"): Promise<SqlRow[]> {
    return lakeRows(this.lake, lookupTable(reports[report]));
  }

  /** Logins by person, day and file, for the pseudonyms of `people`. */
  async logins(...people: string[]): Promise<string[]> {
    const names = new Map(people.map((person) => [pseudonym(`sis-${person}`), person]));
    const rows = await this.rows();
    return rows
      .map((row) => `${names.get(String(row.sis_id_pseudonym)) ?? "?"} ${row.date} ${row.num_logins}`)
      .sort();
  }

  async log(): Promise<LogEntry[]> {
    return new IngestLog(this.lake, await sharedDuck()).all();
  }

  /** The last entry of each file. */
  async lastLog(): Promise<ReadonlyMap<string, LogEntry>> {
    return (await new IngestLog(this.lake, await sharedDuck()).sources()).last;
  }

  verify(): Promise<Verification> {
    return verifyLake(this.lake, salt);
  }

  /** The raw files in the lake. */
  async landedFiles(): Promise<string[]> {
    const files: string[] = [];
    for await (const { path: file, kind } of this.lake.list("stage1np/clever", { recursive: true })) {
      if (kind === "file" && /^stage1np\/clever\/[^_].*\.csv$/.test(file)) files.push(file);
    }
    return files.sort();
  }

  /** Every file in the lake with a hash of its bytes. */
  async tree(): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    for await (const { path: file, kind } of this.lake.list("", { recursive: true })) {
      if (kind !== "file") continue;
      files.set(
        file,
        createHash("sha256")
          .update(await readFile(this.lake.localPath(file)))
          .digest("hex"),
      );
    }
    return files;
  }

  /** The newest version of a table. */
  async version(tablePath: string): Promise<number> {
    for (let version = 0; ; version++) {
      const name = `${String(version).padStart(20, "0")}.json`;
      const found = await stat(this.lake.localPath(`${tablePath}/_delta_log/${name}`)).catch(() => undefined);
      if (!found) return version - 1;
    }
  }

  /** Removes a folder from the lake, as a person or a disk failure would. */
  async lose(lakePath: string): Promise<void> {
    await rm(this.lake.localPath(lakePath), { recursive: true });
  }

  get logFolder(): string {
    return ingestLogTable;
  }
}
