import { afterEach, expect, test } from "vitest";
import { withWork } from "../../src/ui/withWork";
import { calls, cancellations } from "../helpers/vscodeStub";

afterEach(() => {
  calls.length = 0;
  cancellations.length = 0;
});

const reports = () => calls.filter(({ name }) => name === "report").map(({ parameters }) => parameters[0]);

function opened() {
  let end = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, work: () => done };
}

test("work that waits for other work says what it waits for, until its turn comes", async () => {
  const [verify, run, adopt] = [opened(), opened(), opened()];
  let waits = 0;
  const first = withWork("Clever: verifying the lake", verify.work, () => waits++);
  const second = withWork("Clever: running the pipeline", run.work, () => waits++);
  const third = withWork("Clever: adopting OEA's lake", adopt.work, () => waits++);
  const forVerify = { message: "waiting for “Clever: verifying the lake” to end" };
  expect([waits, reports()]).toEqual([2, [forVerify, forVerify]]);

  verify.end();
  await first;
  expect(reports().slice(2)).toEqual([
    { message: "" },
    { message: "waiting for “Clever: running the pipeline” to end" },
  ]);
  // Cancelled while it waits.
  adopt.end();
  await third;
  run.end();
  await second;
  expect(reports()).toHaveLength(4);
});

test("work that fails makes room as well", async () => {
  const failing = withWork("Clever: repairing the lake", () => Promise.reject(new Error("It is gone.")));
  await expect(failing).rejects.toThrow("It is gone.");
  await withWork("Clever: running the pipeline", () => Promise.resolve());
  expect(reports()).toEqual([]);
});

test("the signal of work is aborted when the user cancels it", async () => {
  const { end, work } = opened();
  let received: AbortSignal | undefined;
  const done = withWork("Clever: verifying the lake", (_progress, signal) => {
    received = signal;
    return work();
  });
  expect(received?.aborted).toBe(false);
  for (const cancel of cancellations) cancel();
  expect(received?.aborted).toBe(true);
  end();
  await done;
});
