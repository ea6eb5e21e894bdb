import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { errnoOf } from "../../src/basics/errors";

/**
 * A port of 127.0.0.1 that was free a moment ago, for a program that cannot choose one itself. It is below those that the
 * system gives to connections and to other servers of the tests, which would take it before the program does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch (error) {
      if (errnoOf(error) !== "EADDRINUSE") throw error;
      continue;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}
