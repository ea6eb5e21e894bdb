import { rename, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { UserType } from "../../src/clever/reports";
import { readRun, verify } from "../../src/engine/server/runs";
import type { LogEntry } from "../../src/pipeline/log/ingestLog";
import { RunHistory } from "../../src/pipeline/log/runRecord";
import { failedFiles, isUnresolved } from "../../src/pipeline/plan/failedFiles";
import type { PlannedFile } from "../../src/pipeline/plan/plan";
import { isAcceptable, waitingInQuarantine } from "../../src/pipeline/plan/quarantine";
import { status } from "../../src/pipeline/plan/status";
import { reportOf } from "../../src/ui/runs/runReport";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

const never = new AbortController().signal;
const [monday, tuesday, wednesday] = ["2024-09-02", "2024-09-03", "2024-09-04"] as const;

function runOf({ lake }: PipelineFixture, runId: string) {
  const connection = { sftp: { host: "h", username: "u" }, lake: { url: lake.url } };
  return readRun({ connection, secrets: {}, runId }, never);
}

/** Makes the source fail for one file from now on. */
function failAt({ source }: PipelineFixture, path: string | undefined): void {
  source.hooks = {
    beforeChunk: (file) => {
      if (file === path) throw new CleverLakeError("network", "The connection was lost.", { subject: file });
    },
  };
}

/** Why the newest run that tried a file failed, if that is unresolved. */
async function failureOf(fixture: PipelineFixture, path: string): Promise<string | undefined> {
  const file = (await fixture.status()).find((each) => each.path === path);
  const found = (await failedFiles(new RunHistory(fixture.lake))).get(path);
  return file && found && isUnresolved(file, found) ? found.reason : undefined;
}

describe("a run report", () => {
  it("shows what happened to each file, not what was planned", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(monday), dailyCsv(daily("a", monday)));
    await fixture.run();
    // The same bytes with another time, the same bytes under another name, a bad file, one that fails, and a good one.
    const before = (await fixture.lastLog()).get(dailyPath(monday));
    await fixture.touch(dailyPath(monday));
    await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("a", monday)));
    await fixture.put(dailyPath(tuesday), dailyCsv(daily("b", tuesday), "bad row"));
    await fixture.put(dailyPath(wednesday), dailyCsv(daily("c", wednesday)));
    await fixture.put(dailyPath("2024-09-06"), dailyCsv(daily("d", "2024-09-06")));
    failAt(fixture, dailyPath(wednesday));
    const { runId } = await fixture.run();
    const run = await runOf(fixture, runId);
    expect(run.log.map(({ path, outcome }) => [path.slice(20, 30), outcome])).toEqual([
      [monday, "unchanged"],
      [tuesday, "quarantined"],
      ["2024-09-05", "anonymized"],
      ["2024-09-06", "anonymized"],
    ]);
    expect(run.log[0]?.landedPath).toBe(before?.landedPath);
    expect(run.notReached).toEqual([]);
    const page = reportOf(run).replace(/\\|<\/?nobr>|<wbr>/g, "");
    const [numbers = "", files = ""] = page.split("## Files of the run");
    expect(numbers).toMatch(/^\| Result \| Value \|$/m);
    expect(files).toContain("| Path in stage1np/clever |");
    expect(files).not.toContain(wednesday);
    // The other one is newer, with the same values: it has the row, and this one's is superseded.
    expect((await fixture.lastLog()).get(dailyPath(monday))).toMatchObject({
      rowsWritten: 0,
      rowsSuperseded: 1,
      supersededBy: { [dailyPath("2024-09-05")]: 1 },
    });
    expect(files).toMatch(
      /2024-09-02-daily-participation-students.csv \| unchanged, not written \| .* \| 0 \| 0 \| 1 \|/,
    );
    expect(files).toContain("unchanged, not written");
    expect(page).toMatch(/## Failed\n\n.*\n.*\n.*2024-09-04.*The connection was lost\./);
    expect(files).toMatch(
      /2024-09-06-daily-participation-students.csv \| anonymized \| .* \| 1 \| 0 \| 0 \| daily-participation\/[^|]*\/Students \|/,
    );
  });

  it("lists what an interrupted run had planned but not done", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(monday), dailyCsv(daily("a", monday)));
    await fixture.put(dailyPath(tuesday), dailyCsv(daily("b", tuesday)));
    const abort = new AbortController();
    fixture.source.hooks = {
      beforeChunk: (file) => {
        if (file === dailyPath(tuesday)) abort.abort(new Error("Stopped."));
      },
    };
    await expect(fixture.run({ signal: abort.signal, connections: 1 })).rejects.toThrow("Stopped.");
    const runId = (await fixture.log())[0]?.runId ?? "";
    const run = await runOf(fixture, runId);
    expect(run.outcome).toBe("cancelled");
    expect(run.log.map(({ path }) => path)).toEqual([dailyPath(monday)]);
    expect(run.notReached).toEqual([dailyPath(tuesday)]);
    const page = reportOf(run).replaceAll("\\", "");
    expect(page).toMatch(/## Planned but not done\n\n.*\n.*\n.*2024-09-03/);
  });
});

describe("a failed file", () => {
  it("is marked until a run succeeds with it", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(monday), dailyCsv(daily("a", monday)));
    await fixture.put(dailyPath(tuesday), dailyCsv(daily("b", tuesday)));
    failAt(fixture, dailyPath(monday));
    await fixture.run();
    expect(await failureOf(fixture, dailyPath(monday))).toMatch(/The connection was lost\./);
    expect(await failureOf(fixture, dailyPath(tuesday))).toBeUndefined();
    // A run on other files does not change that.
    await fixture.put(dailyPath(wednesday), dailyCsv(daily("c", wednesday)));
    await fixture.run({ only: [dailyPath(wednesday)] });
    expect(await failureOf(fixture, dailyPath(monday))).toMatch(/lost/);
    failAt(fixture, undefined);
    await fixture.run({ command: "ingest" });
    expect(await fixture.state(dailyPath(monday))).toBe("landed");
    expect(await failureOf(fixture, dailyPath(monday))).toBeUndefined();
  });

  it("is marked as well if its rows could not be read", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(monday), dailyCsv(daily("a", monday)));
    await fixture.run({ command: "ingest" });
    const [landed = ""] = await fixture.landedFiles();
    const place = fixture.lake.localPath(landed);
    await rename(place, `${place}.away`);
    await fixture.run({ command: "anonymize" });
    expect(await failureOf(fixture, dailyPath(monday))).toMatch(/gone from the lake/);
    await rename(`${place}.away`, place);
    await fixture.run();
    expect(await failureOf(fixture, dailyPath(monday))).toBeUndefined();
    expect(await fixture.state(dailyPath(monday))).toBe("anonymized");
  });

  it("is searched in a limited number of runs, and not in unreadable records", async () => {
    const fixture = await PipelineFixture.create();
    const place = (name: string) => fixture.lake.localPath(`stage1np/clever/${name}`);
    await fixture.put(dailyPath(monday), dailyCsv(daily("a", monday)));
    await fixture.run();
    await writeFile(place("_newest_run.json"), JSON.stringify({ runId: "loop", previous: "loop" }));
    await writeFile(
      place("_runs/loop.json"),
      JSON.stringify({
        runId: "loop",
        previous: "loop",
        command: "run",
        started: 0,
        outcome: "done",
        landings: [],
      }),
    );
    expect((await failedFiles(new RunHistory(fixture.lake))).size).toBe(0);
  });
});

describe("a file in quarantine", () => {
  const item = async (fixture: PipelineFixture, path: string): Promise<PlannedFile | undefined> =>
    (await fixture.status()).find((file) => file.path === path);

  it("stays listed after it left the server, until its rows are read", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(monday), dailyCsv(daily("a", monday), "bad row"));
    await fixture.put(dailyPath(tuesday), dailyCsv(daily("b", tuesday)));
    await fixture.run();
    await fixture.remove(dailyPath(monday));
    await fixture.remove(dailyPath(tuesday));
    expect((await fixture.status()).map(({ path, state }) => [path, state])).toEqual([
      [dailyPath(monday), "quarantined"],
    ]);
    expect((await item(fixture, dailyPath(monday)))?.reason).toMatch(/left the server/);
    await fixture.run({ only: [dailyPath(monday)], accept: [dailyPath(monday)] });
    expect(await fixture.logins("a")).toEqual([`a ${monday} 1`, "? 2024-09-03 1"].sort());
    expect(await fixture.status()).toEqual([]);
  });

  it("can be accepted if rows are bad, but not if the file is", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(monday), dailyCsv(daily("a", monday), "bad row"));
    await fixture.put(dailyPath(tuesday), dailyCsv(daily("b", tuesday)).replace("active", "activ"));
    await fixture.put(dailyPath(wednesday), dailyCsv(daily("a", wednesday), daily("b", wednesday)));
    await fixture.run();
    await fixture.put(dailyPath(wednesday), dailyCsv());
    await fixture.run();
    const acceptable = async (path: string) => {
      const entry = (await item(fixture, path))?.entry;
      return entry?.outcome === "quarantined" && isAcceptable(entry);
    };
    expect(await acceptable(dailyPath(monday))).toBe(true);
    expect(await acceptable(dailyPath(tuesday))).toBe(false);
    expect((await item(fixture, dailyPath(tuesday)))?.reason).toBe("The column active is missing.");
    expect(await acceptable(dailyPath(wednesday))).toBe(true);
  });

  it("is reported by verify", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(monday), dailyCsv(daily("a", monday), "bad row"));
    await fixture.run();
    expect(await fixture.verify()).toMatchObject({ problems: [], inQuarantine: [dailyPath(monday)] });
  });

  it("is reported alike by tree, run and verify, and by none of them if its user type is excluded", async () => {
    const fixture = await PipelineFixture.create();
    const staff = dailyPath(monday, "staff");
    await fixture.put(staff, dailyCsv(daily("a", monday), "bad row"));
    await fixture.put(dailyPath(tuesday), dailyCsv(daily("b", tuesday)));
    await fixture.run();
    const connection = { sftp: { host: "h", username: "u" }, lake: { url: fixture.lake.url } };
    const reported = async (userTypes: UserType[]) => {
      const { files } = await status(fixture.source, fixture.lake, { userTypes, expectReportsWithin: 0 });
      const recount = await verify({ connection: { ...connection, userTypes }, secrets: {} }, never);
      return [
        files.filter(({ state }) => state === "quarantined").map(({ path }) => path),
        (await fixture.run({ userTypes })).inQuarantine,
        recount.inQuarantine,
      ];
    };
    const everyone: UserType[] = ["students", "teachers", "staff"];
    expect(await reported(everyone)).toEqual([[staff], [staff], [staff]]);
    expect(await reported(["students"])).toEqual([[], [], []]);
    await fixture.remove(staff);
    expect(await reported(everyone)).toEqual([[staff], [staff], [staff]]);
    expect(await reported(["students"])).toEqual([[], [], []]);
  });

  it("no longer waits once the tables have its rows, whatever the log says", () => {
    const entry = { path: "a", source: "s", userType: "students", outcome: "quarantined", version: 5 };
    const log = new Map([["s", entry as LogEntry]]);
    const waiting = (version: number) =>
      waitingInQuarantine({ log, applied: new Map([["s", version]]) }, ["students"]);
    expect([waiting(4), waiting(5)]).toEqual([[entry], []]);
  });
});
