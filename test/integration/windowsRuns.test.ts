import path from "node:path";
import { expect, test } from "vitest";
import { buildCommandLine } from "../helpers/cli";
import { appears, KilledRuns } from "../helpers/killedRuns";
import { windowsUnderWine } from "../helpers/windowsBuilds";
import { WindowsMachine, windowsPath } from "../helpers/windowsMachine";

const builds = await windowsUnderWine();
/** Each takes at most a minute on an idle machine. */
const minutes = 10;
const program = path.resolve(import.meta.dirname, "..", "..", "dist", "cli.mjs");

test.skipIf(builds === undefined)(
  "the demo runs on Windows, and its numbers are correct",
  { timeout: minutes * 60_000 },
  async () => {
    if (builds === undefined) return;
    await buildCommandLine();
    await using windows = await WindowsMachine.create(builds);
    const args = [windowsPath(program), "demo", "--days", "3"];
    const { exitCode, stdout, stderr } = await windows.run(args);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("No discrepancies found. 12,765 rows of reports; 12 landed files read again.");
    expect(stdout).toContain("Nothing new. 12 reports on the server are in the lake already.");
    expect(stdout).toContain("Imported: 1,542 students");
  },
);

test.skipIf(builds === undefined)(
  "a run killed on Windows is completed there by the next",
  { timeout: minutes * 60_000 },
  async () => {
    if (builds === undefined) return;
    await using windows = await WindowsMachine.create(builds);
    await using runs = await KilledRuns.create(windows.node);
    const landed = "stage1np/clever/daily-participation";
    // The first of the commits: after the last one, the run may end before it is killed.
    const committed = "stage2p/clever/daily_participation_pseudo/_delta_log/00000000000000000000.json";
    for (const made of [landed, committed]) {
      await runs.withLake(async (cli) => {
        const running = await runs.kill(cli, (run) => appears(path.join(cli.lakeFolder, made), run));
        expect(running, made).toBe(true);
        await runs.complete(cli, `killed at ${made}`);
      });
    }
    await runs.withLake(async (cli) => {
      const run = cli.start("run");
      await appears(path.join(cli.lakeFolder, landed), run);
      // Wine turns it into Windows' Ctrl-C event.
      run.process.kill("SIGINT");
      const { exitCode, stderr } = await run.ended;
      expect(exitCode, stderr).toBe(130);
      expect(stderr).toContain("Stopping; completed work is kept.");
      await runs.complete(cli, "stopped by Ctrl-C");
    });
  },
);
