import { expect, test } from "vitest";
import { windowsUnderWine } from "../helpers/windowsBuilds";
import { WindowsMachine } from "../helpers/windowsMachine";

const builds = await windowsUnderWine();
/** Each takes at most a minute on an idle machine. */
const minutes = 10;

test.skipIf(builds === undefined)(
  "the folder lake meets its contract on Windows",
  { timeout: minutes * 60_000 },
  async () => {
    if (builds === undefined) return;
    await using windows = await WindowsMachine.create(builds);
    const outcomes = await windows.runTests("folderLake");
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(50);
  },
);
