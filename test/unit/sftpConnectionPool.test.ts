import { describe, expect, it } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { ConnectionPool } from "../../src/sftp/connection/connectionPool";

/** The part of a connection that the pool uses. */
function fakeConnection() {
  const connection = {
    usable: true,
    failure: undefined as unknown,
    fail(error: unknown) {
      connection.usable = false;
      connection.failure = error;
    },
    async close() {
      connection.usable = false;
    },
  };
  return connection;
}

function poolOf(size: number, open: () => Promise<ReturnType<typeof fakeConnection>>) {
  return new ConnectionPool({ open }, size);
}

describe("the connection pool", () => {
  it("opens the first connection alone, then more up to its size", async () => {
    let opened = 0;
    let letIn: () => void = () => undefined;
    const door = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    const pool = poolOf(3, async () => {
      opened++;
      await door;
      return fakeConnection();
    });
    const leases = Array.from({ length: 5 }, () => pool.lease());
    await new Promise(setImmediate);
    expect(opened).toBe(1);
    letIn();
    const first = await Promise.all(leases.slice(0, 3));
    expect(opened).toBe(3);
    for (const lease of first) lease[Symbol.dispose]();
    await Promise.all(leases.slice(3));
    expect(opened).toBe(3);
    await pool.close();
  });

  it("sends wrong credentials to the server only once", async () => {
    let opened = 0;
    const pool = poolOf(4, async () => {
      opened++;
      throw new CleverLakeError("auth", "refused");
    });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => pool.lease()));
    expect(results.every(({ status }) => status === "rejected")).toBe(true);
    await expect(pool.lease()).rejects.toMatchObject({ code: "auth" });
    expect(opened).toBe(1);
  });

  it.each(["network", "auth", "io"] as const)(
    "works with fewer connections if the server allows no more (%s)",
    async (code) => {
      let opened = 0;
      const pool = poolOf(8, async () => {
        if (++opened > 2) throw new CleverLakeError(code, "too many");
        return fakeConnection();
      });
      const first = await pool.lease();
      const second = await pool.lease();
      const waiting = [pool.lease(), pool.lease(), pool.lease()];
      await new Promise(setImmediate);
      // Never more concurrently than are open: two were refused and not requested again.
      expect(opened).toBe(4);
      first[Symbol.dispose]();
      const third = await Promise.race(waiting);
      expect(third.connection).toBe(first.connection);
      third[Symbol.dispose]();
      second[Symbol.dispose]();
      for (const lease of waiting) (await lease)[Symbol.dispose]();
      expect(opened).toBe(4);
      await pool.close();
    },
  );

  it("requests no more connections than the server allowed, even if all were lost", async () => {
    let opened = 0;
    let open = 0;
    const pool = poolOf(4, async () => {
      opened++;
      if (open === 1) throw new CleverLakeError("auth", "too many");
      open++;
      return fakeConnection();
    });
    const first = await pool.lease();
    const second = pool.lease();
    await new Promise(setImmediate);
    expect(opened).toBe(2);
    open = 0;
    first.connection.fail(new Error("gone"));
    first[Symbol.dispose]();
    const next = await second;
    const third = pool.lease();
    await new Promise(setImmediate);
    expect(opened).toBe(3);
    next[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    await pool.close();
  });

  it("fails if a login is refused when no connection is open, and does not repeat it", async () => {
    let opened = 0;
    const pool = poolOf(4, async () => {
      if (++opened > 1) throw new CleverLakeError("auth", "refused");
      return fakeConnection();
    });
    const first = await pool.lease();
    first.connection.fail(new Error("gone"));
    first[Symbol.dispose]();
    await expect(pool.lease()).rejects.toMatchObject({ code: "auth" });
    await expect(pool.lease()).rejects.toMatchObject({ code: "auth" });
    expect(opened).toBe(2);
  });

  it("does not return a connection that ended, or other idle ones", async () => {
    const pool = poolOf(2, async () => fakeConnection());
    const one = await pool.lease();
    const other = await pool.lease();
    other[Symbol.dispose]();
    one.connection.fail(new Error("gone"));
    one[Symbol.dispose]();
    const next = await pool.lease();
    expect([one.connection, other.connection]).not.toContain(next.connection);
    expect(other.connection.usable).toBe(false);
    next[Symbol.dispose]();
    await pool.close();
  });

  it("releases an aborted waiting caller", async () => {
    const pool = poolOf(1, async () => fakeConnection());
    const held = await pool.lease();
    const controller = new AbortController();
    const waiting = pool.lease(controller.signal);
    const reason = new Error("stop");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    held[Symbol.dispose]();
    (await pool.lease())[Symbol.dispose]();
    await pool.close();
    await expect(pool.lease()).rejects.toMatchObject({ code: "io" });
  });
});
