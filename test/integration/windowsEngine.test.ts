import path from "node:path";
import { expect, test } from "vitest";
import { makeVsix } from "../../scripts/package";
import { unpackVsix } from "../../scripts/unpackVsix";
import { windowsUnderWine } from "../helpers/windowsBuilds";
import { WindowsMachine, windowsPath } from "../helpers/windowsMachine";

const builds = await windowsUnderWine();
/** Each takes at most a minute on an idle machine. */
const minutes = 10;

test.skipIf(builds === undefined)(
  "the engine of the Windows package answers on Windows",
  { timeout: minutes * 60_000 },
  async () => {
    if (builds === undefined) return;
    const { vsix, problems } = await makeVsix("win32-x64");
    expect(problems).toEqual([]);
    await using windows = await WindowsMachine.create(builds);
    const extension = await unpackVsix(vsix, windows.folder);
    const outcomes = await windows.runTests("engine", {
      ENGINE_MODULE: windowsPath(path.join(extension, "dist", "engine.mjs")),
      // DuckDB is the package's own.
      NODE_PATH: "",
    });
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(outcomes).toHaveLength(3);
  },
);
