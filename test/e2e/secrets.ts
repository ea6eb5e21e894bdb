import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import ssh2 from "ssh2";
import type { Workbench } from "./driver/workbench";

/** Where a secret was found in plain text, and in which form; never the secret itself. */
export interface Finding {
  readonly secret: string;
  readonly form: string;
  readonly place: string;
}

type Bytes = Uint8Array;
export type Secrets = Readonly<Record<string, string | Bytes>>;

interface Form {
  readonly secret: string;
  readonly form: string;
  readonly bytes: Buffer;
}

/** The encodings in which bytes may occur in other bytes: unchanged, in hex, and in base64 at each alignment. */
function encodings(bytes: Buffer, name: string): readonly (readonly [form: string, bytes: Buffer])[] {
  const hex = bytes.toString("hex");
  const base64 = [0, 1, 2].flatMap((shift) => {
    // The characters at the ends include bits of the neighbouring bytes.
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const inner = text.slice(shift === 0 ? 0 : shift + 1, (bytes.length + shift) % 3 === 0 ? undefined : -1);
    const plain = [`${name} in base64`, Buffer.from(inner)] as const;
    const forUrls = inner.replaceAll("+", "-").replaceAll("/", "_");
    return forUrls === inner ? [plain] : [plain, [`${name} in base64url`, Buffer.from(forUrls)] as const];
  });
  return [
    [name, bytes],
    [`${name} in hex`, Buffer.from(hex)],
    [`${name} in HEX`, Buffer.from(hex.toUpperCase())],
    ...base64,
  ];
}

/**
 * The forms of a secret. Of a text it is the longest run of letters and digits that is looked for: JSON, HTML and URLs
 * leave those as they are, however often one is put into the other.
 */
function formsOf(secret: string, value: string | Bytes): readonly Form[] {
  if (typeof value !== "string") {
    return encodings(Buffer.from(value), "bytes").map(([form, bytes]) => ({ secret, form, bytes }));
  }
  const [core = ""] = (value.match(/[A-Za-z0-9]+/g) ?? []).sort((a, b) => b.length - a.length);
  if (core.length < 8) throw new Error(`${secret} is too short to rule out chance.`);
  const utf16 = Buffer.from(core, "utf16le");
  return [
    ...encodings(Buffer.from(core), "UTF-8"),
    ...encodings(utf16, "UTF-16"),
    ["UTF-16, big end first", Buffer.from(utf16).swap16()] as const,
  ].map(([form, bytes]) => ({ secret, form, bytes }));
}

/** Searches for secrets in all their forms. */
export class Search {
  readonly findings: Finding[] = [];
  /** How much was searched: a search of nothing finds nothing. */
  readonly searched = { files: 0, processes: 0, documents: 0, bytes: 0 };
  private readonly forms: readonly Form[];

  constructor(secrets: Secrets) {
    this.forms = Object.entries(secrets).flatMap(([name, value]) => formsOf(name, value));
  }

  bytes(content: Buffer, place: string): void {
    this.searched.bytes += content.length;
    for (const { secret, form, bytes } of this.forms) {
      if (content.includes(bytes)) this.findings.push({ secret, form, place });
    }
  }

  text(content: string, place: string): void {
    this.bytes(Buffer.from(content), place);
  }

  /** Every file below a folder, including the names. */
  async folder(folder: string): Promise<void> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const file = path.join(entry.parentPath, entry.name);
      this.text(file, `the name ${file}`);
      if (!entry.isFile()) continue;
      // A running browser and server delete files during the search.
      const content = await readFile(file).catch(() => undefined);
      if (content === undefined) continue;
      this.searched.files++;
      this.bytes(content, file);
    }
  }

  /** Command lines and environments of a process's group: VS Code's server, extension hosts and the engine. */
  async processGroup(leader: number): Promise<readonly string[]> {
    const names: string[] = [];
    for (const pid of await readdir("/proc")) {
      if (!/^\d+$/.test(pid)) continue;
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      // After the name, which may contain anything: state, parent, group.
      const group = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2];
      if (Number(group) !== leader) continue;
      const commandLine = await readFile(`/proc/${pid}/cmdline`).catch(() => Buffer.alloc(0));
      const environment = await readFile(`/proc/${pid}/environ`).catch(() => Buffer.alloc(0));
      this.bytes(commandLine, `/proc/${pid}/cmdline`);
      this.bytes(environment, `/proc/${pid}/environ`);
      this.searched.processes++;
      names.push(commandLine.toString().replaceAll("\0", " ") || (await readlink(`/proc/${pid}/exe`)));
    }
    return names;
  }

  /** What the workbench and the webviews show and contain, and what the browser stores for them, read through its own APIs. */
  async browser({ page }: Workbench): Promise<void> {
    for (const frame of page.frames()) {
      const place = `the document ${frame.url()}`;
      const state: unknown = await frame.evaluate(readBrowserState).catch(() => undefined);
      if (state === undefined) continue;
      this.searched.documents++;
      this.text(await frame.content(), place);
      // As text and also as JSON, since quotes are escaped there.
      this.text(JSON.stringify(state), `${place}: storage and fields`);
    }
  }
}

/** Runs in a frame. Some frames have no storage of their own: their errors are ignored. */
const readBrowserState = `(async () => {
  const attempt = async (read) => { try { return await read(); } catch { return null; } };
  const wait = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const asText = (key, value) => value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
  const databases = async () => {
    const all = [];
    for (const { name, version } of await indexedDB.databases()) {
      const database = await wait(indexedDB.open(name, version));
      for (const store of database.objectStoreNames) {
        const objects = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([wait(objects.getAllKeys()), wait(objects.getAll())]);
        all.push(JSON.parse(JSON.stringify([name, store, keys, values], asText)));
      }
      database.close();
    }
    return all;
  };
  return {
    localStorage: await attempt(() => ({ ...localStorage })),
    sessionStorage: await attempt(() => ({ ...sessionStorage })),
    indexedDB: await attempt(databases),
    cookies: await attempt(() => document.cookie),
    fields: [...document.querySelectorAll("input, textarea")].map(({ value }) => value),
  };
})()`;

/** The secret part of a private key, from a file that a passphrase protects. */
export async function privatePartOf(keyFile: string, passphrase: string): Promise<Secrets> {
  const parsed = ssh2.utils.parseKey(await readFile(keyFile), passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error) throw new Error("The private key cannot be opened.");
  const body = key.getPrivatePEM().replace(/-----[^-]+-----|\s/g, "");
  // The last 32 bytes of an Ed25519 key in this format; in halves, since a line may break between them.
  const seed = Buffer.from(body, "base64").subarray(-32);
  return {
    "private key, first half": new Uint8Array(seed.subarray(0, 16)),
    "private key, second half": new Uint8Array(seed.subarray(16)),
    ...(await opensshLines(keyFile, passphrase)),
  };
}

/** The lines of the key without its passphrase, as `ssh-keygen` would write it. */
async function opensshLines(keyFile: string, passphrase: string): Promise<Secrets> {
  const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-key-"));
  try {
    const copy = path.join(folder, "key");
    await copyFile(keyFile, copy);
    await promisify(execFile)("ssh-keygen", ["-q", "-p", "-P", passphrase, "-N", "", "-f", copy]);
    const lines = (await readFile(copy, "utf8")).split("\n").filter((line) => /^[\w+/=]+$/.test(line));
    // The previous lines contain the format's name, the public key and two random numbers.
    return { "private key, as ssh-keygen writes it": lines[3] ?? "" };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
