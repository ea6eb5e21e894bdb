import { describe, expect, test, vi } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { fromPage, pageState, type ToPage } from "../../src/protocol/preview";
import type { PreviewRow } from "../../src/protocol/previewedReport";
import { PreviewSession } from "../../src/ui/preview/PreviewSession";
import { FakePreviewSource, forgotten } from "../helpers/fakePreviewSource";

const file = { path: "/a.csv", origin: "server" } as const;

async function setUp(source: FakePreviewSource, confirmReveal = async () => true) {
  const posted: ToPage[] = [];
  const failures: unknown[] = [];
  const session = new PreviewSession(source, file, {
    post: (message) => posted.push(message),
    confirmReveal,
    revealFailed: (error) => failures.push(error),
  });
  await session.open();
  const last = <T extends ToPage["type"]>(type: T) =>
    posted.findLast((message): message is Extract<ToPage, { type: T }> => message.type === type);
  const rows = async (from = 0, count = 10): Promise<readonly PreviewRow[] | undefined> => {
    const generation = last("opened")?.generation ?? -1;
    await session.handle({ type: "rows", generation, from, count });
    return last("rows")?.rows;
  };
  return { session, posted, last, rows, failures };
}

describe("opening", () => {
  test("announces loading, then the report, and repeats it for a new page", async () => {
    const { session, posted } = await setUp(new FakePreviewSource({ rows: 20 }));
    expect(posted.map(({ type }) => type)).toEqual(["loading", "opened"]);
    expect(JSON.stringify(posted)).not.toContain("t1");
    posted.length = 0;
    await session.handle({ type: "ready" });
    expect(posted.map(({ type }) => type)).toEqual(["opened"]);
  });

  test("waits until a hidden tab is shown, and is masked then", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    const { session, posted, last } = await setUp(source);
    await session.handle({ type: "reveal", on: true });
    expect(last("opened")?.revealed).toBe(true);
    const opened = () => source.asked.filter((call) => call.startsWith("previewReport")).length;
    expect(opened()).toBe(1);
    session.reopenWhenShown();
    session.reopenWhenShown();
    posted.length = 0;
    expect(await session.handle({ type: "rows", generation: 1, from: 0, count: 5 })).toBeUndefined();
    expect([opened(), posted]).toEqual([1, []]);
    await session.handle({ type: "ready" });
    expect(opened()).toBe(2);
    expect(last("opened")?.revealed).toBe(false);
    await session.handle({ type: "ready" });
    expect(opened()).toBe(2);
  });

  test("reports a failure, and opens on retry", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    source.failing.set("previewReport", new Error("No route to the server."));
    const { session, last } = await setUp(source);
    expect(last("failed")).toMatchObject({ message: "No route to the server.", fix: "retry" });
    await session.handle({ type: "retry" });
    expect(last("opened")?.info.rowCount).toBe(20);
  });

  test("offers to connect if there is no connection", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    source.failing.set("previewReport", new CleverLakeError("notConnected", "There is no connection yet."));
    const { last } = await setUp(source);
    expect(last("failed")).toMatchObject({ message: "There is no connection yet.", fix: "connect" });
  });

  test("closes a report that arrives after the tab was closed", async () => {
    const source = new FakePreviewSource({ rows: 20, delay: 5 });
    const posted: ToPage[] = [];
    const session = new PreviewSession(source, file, {
      post: (message) => posted.push(message),
      confirmReveal: async () => true,
      revealFailed: () => undefined,
    });
    const opening = session.open();
    session.dispose();
    await opening;
    expect(source.asked).toEqual(["previewReport", "closePreview t1"]);
    expect(posted.map(({ type }) => type)).toEqual(["loading"]);
  });

  test("releases the report in the engine once when disposed", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    const { session } = await setUp(source);
    session.dispose();
    session.dispose();
    expect(source.asked.filter((call) => call.startsWith("closePreview"))).toEqual(["closePreview t1"]);
  });
});

describe("identities", () => {
  test("are masked, even if the source would return them", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    vi.spyOn(source, "previewRows").mockResolvedValue([
      {
        line: 2,
        cells: ["2026-11-20", "1001", "65f0", "5f1a", "Lincoln", "true", "1", "2", "teal", "more"],
        problem: null,
      },
    ]);
    const { rows } = await setUp(source);
    expect((await rows())?.[0]?.cells).toEqual([
      "2026-11-20",
      null,
      null,
      "5f1a",
      "Lincoln",
      "true",
      "1",
      "2",
      null,
      null,
    ]);
  });

  test("stay masked when the user declines", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    const { session, last, rows } = await setUp(source, async () => false);
    await session.handle({ type: "reveal", on: true });
    expect(last("opened")?.revealed).toBe(false);
    expect((await rows())?.[0]?.cells[1]).toBeNull();
    expect(source.asked.some((call) => call.endsWith("true"))).toBe(false);
  });

  test("are shown after a confirmation, and masked again without one", async () => {
    const confirm = vi.fn(async () => true);
    const { session, last, rows } = await setUp(new FakePreviewSource({ rows: 20 }), confirm);
    await session.handle({ type: "reveal", on: true });
    expect(last("opened")?.revealed).toBe(true);
    expect((await rows())?.[0]?.cells[1]).toBe("100");
    await session.handle({ type: "reveal", on: false });
    expect((await rows())?.[0]?.cells[1]).toBeNull();
    expect(confirm).toHaveBeenCalledTimes(1);
  });

  test("stay masked if the reveal could not be recorded", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    const { session, last, rows, failures } = await setUp(source);
    const failure = new Error("The lake is full.");
    source.failing.set("recordReveal", failure);
    await session.handle({ type: "reveal", on: true });
    expect(failures).toEqual([failure]);
    expect(last("opened")?.revealed).toBe(false);
    expect((await rows())?.[0]?.cells[1]).toBeNull();
    await session.handle({ type: "reveal", on: true });
    expect((await rows())?.[0]?.cells[1]).toBe("100");
    expect(source.asked.filter((call) => call.startsWith("recordReveal"))).toHaveLength(2);
  });

  test("are masked again if the report had to be reopened", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    const { session, last, rows } = await setUp(source);
    await session.handle({ type: "reveal", on: true });
    await rows();
    source.failing.set("previewRows", forgotten);
    await rows();
    expect(last("opened")?.revealed).toBe(false);
    expect((await rows())?.[0]?.cells[1]).toBeNull();
  });

  test("do not reach a page that masked them in the meantime", async () => {
    const source = new FakePreviewSource({ rows: 20, delay: 5 });
    const { session, posted, last } = await setUp(source);
    await session.handle({ type: "reveal", on: true });
    const generation = last("opened")?.generation ?? -1;
    const underWay = session.handle({ type: "rows", generation, from: 0, count: 10 });
    await session.handle({ type: "reveal", on: false });
    await underWay;
    expect(posted.some(({ type }) => type === "rows")).toBe(false);
  });
});

describe("rows", () => {
  test("of an earlier generation are not fetched", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    const { session } = await setUp(source);
    await session.handle({ type: "rows", generation: 0, from: 0, count: 10 });
    expect(source.asked.filter((call) => call.startsWith("previewRows"))).toEqual([]);
  });

  test("that the engine no longer has are loaded by reopening the report", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    const { last, rows } = await setUp(source);
    await rows();
    source.failing.set("previewRows", forgotten);
    await rows();
    expect(last("opened")?.generation).toBe(2);
    expect(last("rowsFailed")).toBeUndefined();
    expect(await rows()).toHaveLength(10);
  });

  test.each([
    ["reveal", "recordReveal"],
    ["more", "loadMore"],
  ] as const)("of a report that the engine no longer has are reopened by %s", async (type, call) => {
    const source = new FakePreviewSource({ rows: 20, total: 50 });
    const { session, last, rows, failures } = await setUp(source);
    const ask = () => session.handle(type === "more" ? { type } : { type, on: true });
    source.failing.set(call, forgotten);
    await ask();
    expect(last("opened")).toMatchObject({ generation: 2, revealed: false, info: { rowCount: 20 } });
    expect([failures, last("moreFailed")]).toEqual([[], undefined]);
    expect(await rows()).toHaveLength(10);
    await ask();
    expect(last("opened")).toMatchObject(type === "more" ? { info: { rowCount: 40 } } : { revealed: true });
  });

  test("that fail immediately after opening do not cause a loop", async () => {
    const source = new FakePreviewSource({ rows: 20 });
    const { last, rows } = await setUp(source);
    source.failing.set("previewRows", forgotten);
    await rows();
    expect(last("rowsFailed")?.message).toContain("closed");
    expect(source.asked.filter((call) => call === "previewReport")).toHaveLength(1);
  });

  test("loading more keeps the generation, so those on screen stay", async () => {
    const { session, last } = await setUp(new FakePreviewSource({ rows: 20, total: 50 }));
    await session.handle({ type: "more" });
    expect(last("opened")).toMatchObject({ generation: 1, info: { rowCount: 40, truncated: true } });
    await session.handle({ type: "more" });
    expect(last("opened")).toMatchObject({ info: { rowCount: 50, truncated: false } });
  });

  test("loading more can fail and be retried", async () => {
    const source = new FakePreviewSource({ rows: 20, total: 50 });
    const { session, last } = await setUp(source);
    source.failing.set("loadMore", new Error("The connection was lost."));
    await session.handle({ type: "more" });
    expect(last("moreFailed")?.message).toBe("The connection was lost.");
    await session.handle({ type: "more" });
    expect(last("opened")?.info.rowCount).toBe(40);
  });
});

test("refused rows are known as soon as the report is open, all together", async () => {
  const source = new FakePreviewSource({ rows: 25_000, refused: (row) => row % 1_000 === 7 });
  const { last } = await setUp(source);
  expect(last("opened")?.info.refused).toHaveLength(25);
  expect(last("opened")?.info.refused.slice(0, 2)).toEqual([7, 1_007]);
  expect(source.asked).toEqual(["previewReport"]);
});

describe("the boundary to the page", () => {
  test("rejects everything that is not a message", () => {
    for (const message of [
      null,
      { type: "rows", generation: 1, from: -1, count: 10 },
      { type: "rows", generation: 1, from: 0, count: 1e9 },
      { type: "reveal", on: "yes" },
      { type: "run" },
    ]) {
      expect(fromPage.safeParse(message).success).toBe(false);
    }
    expect(pageState.safeParse({ file: { ...file, name: "a" }, row: 1 }).success).toBe(false);
  });
});
