import { type ChildProcess, spawn } from "node:child_process";
import { chmod } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { verifiedPackage } from "../../scripts/verifiedPackage";
import { leftOut } from "./installed";

/** Microsoft's own library for semantic models, in an MCP server; for tests only, never shipped. */
const modeling = {
  name: "@microsoft/powerbi-modeling-mcp-linux-x64",
  version: "0.5.0-beta.13",
  integrity:
    "sha512-mtkWj7tGgClZuwf8mp8aRvMAg3m9nPDTgP8mNK7YP/oSeLRqh3kNtryGYRVvqGEIv18L73LEcpyXQTnszOL0dg==",
};

const root = path.resolve(import.meta.dirname, "..", "..");

/** The program's path, installed once in the project's `.cache`; undefined, with a warning, if unavailable. */
export async function powerBiModeling(): Promise<string | undefined> {
  const what =
    "the check of the Power BI model by Microsoft's library. It needs Linux on x64 and npm's registry.";
  try {
    if (process.platform !== "linux" || process.arch !== "x64") throw new Error("This is another platform.");
    const folder = await verifiedPackage(root, modeling);
    const program = path.join(folder, "dist", "powerbi-modeling-mcp");
    await chmod(program, 0o755);
    return program;
  } catch (error) {
    return leftOut(what, error);
  }
}

const answerSchema = z.object({
  id: z.number().optional(),
  result: z
    .object({
      content: z.array(z.object({ text: z.string() })).optional(),
      isError: z.boolean().optional(),
    })
    .optional(),
});

export interface ModelAnswer {
  readonly isError: boolean;
  readonly text: string;
}

/** A conversation with the program. */
export class ModelServer implements AsyncDisposable {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (answer: ModelAnswer) => void>();
  private last = 0;

  private constructor(program: string) {
    this.child = spawn(program, ["--start", "--skipconfirmation"], { stdio: ["pipe", "pipe", "ignore"] });
    if (this.child.stdout === null) throw new Error("The program has no output.");
    createInterface(this.child.stdout).on("line", (line) => this.read(line));
  }

  static async start(program: string): Promise<ModelServer> {
    const server = new ModelServer(program);
    const client = {
      protocolVersion: "2024-11-05",
      capabilities: {},
      clientInfo: { name: "test", version: "1" },
    };
    await server.request("initialize", client);
    server.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    return server;
  }

  /** Calls one of its tools, such as `measure_operations`. */
  call(tool: string, request: object): Promise<ModelAnswer> {
    return this.request("tools/call", { name: tool, arguments: { request } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill();
    await ended;
  }

  private request(method: string, params: object): Promise<ModelAnswer> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, resolve);
      this.child.once("exit", () => reject(new Error("The program ended.")));
      this.send({ jsonrpc: "2.0", id, method, params });
    });
  }

  private send(message: object): void {
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  private read(line: string): void {
    if (!line.startsWith("{")) return;
    const { id, result } = answerSchema.parse(JSON.parse(line));
    if (id === undefined) return;
    const text = (result?.content ?? []).map((part) => part.text).join("\n");
    this.waiting.get(id)?.({ isError: result?.isError ?? result === undefined, text });
    this.waiting.delete(id);
  }
}
