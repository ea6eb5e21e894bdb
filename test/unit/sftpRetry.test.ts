import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { retrying } from "../../src/sftp/retry";
import { SilentServerError } from "../../src/sftp/sftpErrors";

const lost = () => new CleverLakeError("network", "lost");

describe("retrying", () => {
  it("repeats after a network failure", async () => {
    let calls = 0;
    const work = async () => {
      if (++calls < 3) throw lost();
      return "done";
    };
    expect(await retrying(undefined, work)).toBe("done");
    expect(calls).toBe(3);
  });

  it.each(["auth", "hostKey", "changedWhileRead", "io"] as const)("does not repeat %s", async (code) => {
    let calls = 0;
    const work = async () => {
      calls++;
      throw new CleverLakeError(code, "no");
    };
    await expect(retrying(undefined, work)).rejects.toMatchObject({ code });
    expect(calls).toBe(1);
  });

  it("repeats only once after a timeout, which is slow", async () => {
    let calls = 0;
    const work = async () => {
      calls++;
      throw new SilentServerError("server:22", 30_000);
    };
    await expect(retrying(undefined, work)).rejects.toMatchObject({ code: "network" });
    expect(calls).toBe(2);
  });

  it("ends its pause immediately when aborted", async () => {
    const controller = new AbortController();
    const running = retrying(controller.signal, async () => {
      throw lost();
    });
    const reason = new Error("stop");
    const outcome = running.catch((error: unknown) => error);
    await sleep(20);
    controller.abort(reason);
    // No timer can fire between an abort and its consequences, however slow the machine.
    expect(await Promise.race([outcome, sleep(0, "still waiting")])).toBe(reason);
  });
});
