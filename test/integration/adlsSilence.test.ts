import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { Agents } from "../../src/lake/adls/agents";
import { openLake } from "../helpers/adls";

const file = "stage2p/clever/table/part.parquet";
const key = Buffer.from("key").toString("base64");
const contents = Buffer.from("0123456789");

/** A lake whose account answers as told, with connections that count as gone after a moment's silence. */
async function lakeOf(answer: RequestListener, silence = 150) {
  const server = createHttpServer(answer);
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/devaccount`;
  const requests = { connections: new Agents(silence), attempts: 2 };
  return openLake({ url, account: "devaccount", key }, { auth: "sharedKey", requests });
}

const headers = { "x-ms-request-id": "1", etag: '"1"' };
const gone = expect.objectContaining({
  code: "network",
  message: expect.stringContaining("The storage account devaccount cannot be reached"),
});

describe("a connection that falls silent", () => {
  test("in the middle of a file is given up, and the file goes on where it was", async () => {
    const ranges: (string | undefined)[] = [];
    const lake = await lakeOf((request, response) => {
      const range = String(request.headers["x-ms-range"] ?? request.headers.range ?? "bytes=0-");
      ranges.push(range);
      const from = Number(/bytes=(\d+)-/.exec(range)?.[1]);
      const rest = contents.subarray(from);
      response.writeHead(from === 0 ? 200 : 206, { ...headers, "content-length": rest.length });
      // Four bytes at a time.
      response.write(rest.subarray(0, 4));
    });
    expect(await lake.read(file)).toEqual(contents);
    expect(ranges).toEqual(["bytes=0-", "bytes=4-9", "bytes=8-9"]);
  });

  test("in every answer is told, and does not last for ever", async () => {
    const lake = await lakeOf((_request, response) => {
      response.writeHead(200, { ...headers, "content-length": 10 });
      response.flushHeaders();
    });
    await expect(lake.read(file)).rejects.toEqual(gone);
    const listed = async () => {
      for await (const entry of lake.list("stage2p/clever")) return entry;
      return "nothing";
    };
    await expect(listed()).rejects.toEqual(gone);
  });

  test("before any answer is told", async () => {
    const lake = await lakeOf(() => undefined);
    await expect(lake.stat(file)).rejects.toEqual(gone);
    await expect(lake.putIfAbsent(file, contents)).rejects.toEqual(gone);
  });

  test("is not one that is slow: bytes may go either way for as long as they go", async () => {
    const slow = Buffer.alloc(12, "x");
    const lake = await lakeOf((request, response) => {
      void buffer(request).then(async () => {
        response.writeHead(200, { ...headers, "content-length": slow.length });
        for (const byte of slow) {
          response.write(Buffer.of(byte));
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        response.end();
      });
    }, 400);
    expect(await lake.read(file)).toEqual(slow);
  });

  test("is a proxy's too that takes connections and says nothing", async () => {
    const sockets: Socket[] = [];
    const proxy = createServer((socket) => sockets.push(socket));
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    });
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const lake = openLake(
      { url: "https://devaccount.dfs.core.windows.net", account: "devaccount", key },
      {
        auth: "sharedKey",
        requests: { connections: new Agents(150), attempts: 2, proxy: { url, except: [] } },
      },
    );
    await expect(lake.stat(file)).rejects.toEqual(gone);
    expect(sockets).toHaveLength(2);
  });
});
