import { expect, test } from "vitest";
import { retryWhileInUse } from "../../src/basics/filesInUse";

function failing(code: string, times: number) {
  const work = { calls: 0 };
  return {
    work,
    attempt: async () => {
      if (++work.calls <= times) throw Object.assign(new Error(code), { code });
      return "done";
    },
  };
}

test("a file that is briefly locked is retried", async () => {
  const { attempt, work } = failing("EBUSY", 3);
  expect(await retryWhileInUse(attempt)).toBe("done");
  expect(work.calls).toBe(4);
});

test.skipIf(process.platform === "win32")("a forbidden access is not retried", async () => {
  for (const code of ["EPERM", "EACCES", "ENOENT", "ENOSPC"]) {
    const { attempt, work } = failing(code, 1);
    await expect(retryWhileInUse(attempt)).rejects.toMatchObject({ code });
    expect(work.calls).toBe(1);
  }
});

test("a locked file does not delay a cancelled call", async () => {
  const abort = new AbortController();
  const { attempt } = failing("EBUSY", 1_000);
  setTimeout(() => abort.abort(new Error("Stopped.")), 50);
  await expect(retryWhileInUse(attempt, abort.signal)).rejects.toThrow("Stopped.");
});
