// Assembles a host's packages once, in .cache/vscode/<version>.
import { type SpawnOptions, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { nodeGyp, type Recipe, recipeOf } from "./hosts";

const root = path.resolve(import.meta.dirname, "..", "..");
const cache = path.join(root, ".cache", "vscode");
const npmInstall = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

/** What runs VS Code's server. */
interface Program {
  readonly node: string;
  /** The server's entry point. */
  readonly serverMain: string;
}

type Say = (message: string) => void;

/**
 * Prepares the host if needed: about a minute, mostly compiling. Two processes may do this concurrently: each works
 * in its own folder, and the first to finish wins.
 *
 * @param version "1.100" or "1.139"
 * @param say receives each step
 * @returns what runs the server, and the exact version of VS Code
 */
export async function prepareHost(
  version: string,
  say: Say = console.error,
): Promise<Program & { readonly vscode: string }> {
  const recipe = recipeOf(version);
  if (process.platform !== "linux") {
    throw new Error("The VS Code host is made for Linux. Elsewhere, use `npm run test:electron`.");
  }
  const nodePackage = `node-linux-${process.arch}`;
  const stamp = JSON.stringify({ ...recipe, nodePackage, nodeGyp });
  const folder = path.join(cache, version);
  if ((await read(path.join(folder, "stamp.json"))) !== stamp) {
    const started = Date.now();
    say(`Preparing VS Code ${recipe.vscode} (once; about a minute) …`);
    await mkdir(cache, { recursive: true });
    const work = await mkdtemp(path.join(cache, `${version}-`));
    try {
      await install(work, recipe, nodePackage, say);
      await writeFile(path.join(work, "stamp.json"), stamp);
      await moveIntoPlace(work, folder, stamp);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    say(`VS Code ${recipe.vscode} is ready (${Math.round((Date.now() - started) / 1000)} s).`);
  }
  return { ...layout(folder, nodePackage), vscode: recipe.vscode };
}

async function install(folder: string, recipe: Recipe, nodePackage: string, say: Say): Promise<void> {
  const dependencies = { "code-server": recipe.codeServer, [nodePackage]: recipe.node, "node-gyp": nodeGyp };
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  say(`  code-server ${recipe.codeServer}, Node.js ${recipe.node}`);
  await run("npm", npmInstall, { cwd: folder });
  const { node, serverMain } = layout(folder, nodePackage);
  const server = path.dirname(path.dirname(serverMain));
  say("  the server's packages");
  await run("npm", [...npmInstall, "--omit=dev"], { cwd: server });
  for (const name of recipe.native) {
    say(`  compiling ${name}`);
    const gyp = path.join(folder, "node_modules", "node-gyp", "bin", "node-gyp.js");
    const headers = path.join(folder, "node_modules", nodePackage);
    await run(node, [gyp, "rebuild", "--loglevel=error", `--nodedir=${headers}`], {
      cwd: path.join(server, "node_modules", name),
      // The bindings' build files run `node`; it must be the one they are compiled for.
      env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` },
    });
  }
}

function layout(folder: string, nodePackage: string): Program {
  const modules = path.join(folder, "node_modules");
  return {
    node: path.join(modules, nodePackage, "bin", "node"),
    serverMain: path.join(modules, "code-server", "lib", "vscode", "out", "server-main.js"),
  };
}

async function moveIntoPlace(work: string, folder: string, stamp: string): Promise<void> {
  if ((await read(path.join(folder, "stamp.json"))) === stamp) return;
  await rm(folder, { recursive: true, force: true });
  try {
    await rename(work, folder);
  } catch (error) {
    // Another process finished first, between the two lines above.
    if (!existsSync(path.join(folder, "stamp.json"))) throw error;
  }
}

async function read(file: string): Promise<string | undefined> {
  return existsSync(file) ? await readFile(file, "utf8") : undefined;
}

/** Runs a command to its end; prints its output only if it fails. */
function run(command: string, args: readonly string[], options: SpawnOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output = (output + text).slice(-20_000);
      });
    }
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${path.basename(command)} ${args.join(" ")} failed (${code}):\n${output}`));
    });
  });
}
