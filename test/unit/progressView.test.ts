import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { progressView } from "../../src/cli/progressBar";
import type { ProgressState } from "../../src/pipeline/progress";

const { isTTY } = process.stderr;
let written: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  process.stderr.isTTY = false;
  written = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.stderr.isTTY = isTTY;
});

const state: ProgressState = {
  ...{ phase: "working", files: 2, filesLanded: 1, bytes: 2000, bytesLanded: 1000 },
  ...{ filesToAnonymize: 2, filesAnonymized: 1, rows: 7, underWay: [], engine: null },
};

test.each([
  ["without a terminal", false, "xterm"],
  ["on a terminal without escape codes", true, "dumb"],
])(
  "%s, a step that takes long is named once, and a short run writes nothing",
  async (_, isTerminal, term) => {
    process.stderr.isTTY = isTerminal;
    vi.stubEnv("TERM", term);
    const view = await progressView();
    view.listener({ ...state, phase: "listing" });
    vi.advanceTimersByTime(60_000);
    expect(written).toEqual([]);
    for (const phase of ["working", "merging", "activity", "groups"] as const) {
      view.listener({ ...state, phase });
      vi.advanceTimersByTime(4_000);
      view.listener({ ...state, phase });
      vi.advanceTimersByTime(60_000);
    }
    view.listener(state);
    view.stop();
    vi.advanceTimersByTime(60_000);
    expect(written).toEqual([
      "1 of 2 files ingested (1.0 kB), 7 rows pseudonymized\n",
      "merging small data files …\n",
      "updating the Digital Engagement table …\n",
      "updating the table of groups …\n",
    ]);
  },
);

test("on a terminal, the cursor is shown again even if the process ends during the run", async () => {
  process.stderr.isTTY = true;
  vi.stubEnv("TERM", "xterm");
  const before = process.listeners("exit");
  const view = await progressView();
  view.listener(state);
  const [atExit, ...others] = process.listeners("exit").filter((listener) => !before.includes(listener));
  expect(others).toEqual([]);
  expect(written.join("")).not.toContain("\x1b[?25h");
  atExit?.(130);
  expect(written.join("")).toContain("\x1b[?25h");
  view.stop();
  expect(process.listeners("exit")).toEqual(before);
});
