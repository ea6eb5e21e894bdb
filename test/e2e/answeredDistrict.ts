import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { importRoster } from "../../src/pipeline/roster/importRoster";
import { rosterOnDisk } from "../../src/pipeline/roster/rosterFile";
import { type SampleOptions, sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { writeRoster } from "../../src/sample/roster";
import { districtRows } from "../helpers/districtRows";
import { PipelineFixture, salt } from "../helpers/pipelineFixture";
import type { RandomRows } from "../helpers/randomDistrict";

/** A district whose reports are already in a lake, with a licences file. */
export class AnsweredDistrict implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    /** The reports' rows, with each student's grade from the roster. */
    readonly rows: RandomRows,
  ) {}

  static async make(options: SampleOptions, licences: readonly string[]): Promise<AnsweredDistrict> {
    const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-answered-"));
    const fixture = await PipelineFixture.create(folder);
    const district = sampleDistrict(options);
    await writeDistrict(district, fixture.server);
    const roster = path.join(folder, await writeRoster(district, folder));
    await fixture.run();
    await importRoster({ lake: fixture.lake, file: await rosterOnDisk(roster), salt });
    await writeFile(path.join(folder, "licences.csv"), licences.map((line) => `${line}\n`).join(""));
    return new AnsweredDistrict(folder, await districtRows(fixture.server, roster));
  }

  /** For a window that shows it. Its server gets no requests. */
  get userSettings(): Readonly<Record<string, unknown>> {
    return {
      "clever.sftp.host": "127.0.0.1",
      "clever.sftp.port": 1,
      "clever.sftp.username": "district",
      "clever.lake.url": pathToFileURL(path.join(this.folder, "lake")).href,
      "clever.licencesFile": path.join(this.folder, "licences.csv"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
