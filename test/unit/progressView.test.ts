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
  process.stderr.isTTY = isTTY;
});

test("without a terminal, a step that takes long is named once, and a short run writes nothing", async () => {
  const state: ProgressState = {
    ...{ phase: "working", files: 2, filesLanded: 1, bytes: 2000, bytesLanded: 1000 },
    ...{ filesToAnonymize: 2, filesAnonymized: 1, rows: 7, underWay: [], engine: null },
  };
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
});
