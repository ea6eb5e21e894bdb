import { expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { openingFilter } from "../../src/dashboard/opening";
import type { ToPage } from "../../src/protocol/dashboard";
import { DashboardSession } from "../../src/ui/dashboard/DashboardSession";
import { FakeDashboardSource } from "../helpers/fakeDashboard";

test("the shown answer can be exported while the next one is computed, but not after a failure", async () => {
  const source = new FakeDashboardSource();
  const session = new DashboardSession(source, () => undefined);
  expect(session.answer).toBeUndefined();
  await session.refresh();
  const shown = session.answer;
  expect(shown).toBeDefined();
  let open = () => {};
  source.gate = new Promise((resolve) => {
    open = resolve;
  });
  source.failing = new CleverLakeError("network", "The lake cannot be reached.");
  const next = session.refresh({ ...openingFilter, userTypes: [] });
  expect(session.answer).toBe(shown);
  open();
  await next;
  expect(session.answer).toBeUndefined();
});

test("an answer is forgotten once the connection leads to another lake", async () => {
  const posted: ToPage[] = [];
  const session = new DashboardSession(new FakeDashboardSource(), (message) => posted.push(message));
  await session.refresh();
  expect(session.answer).toBeDefined();
  session.forget();
  expect(session.answer).toBeUndefined();
  expect(posted.at(-1)).toEqual({ type: "loading", question: 0, forget: true });
  await session.refresh();
  expect(session.answer).toBeDefined();
});
