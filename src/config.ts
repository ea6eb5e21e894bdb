import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import type { ParseError } from "jsonc-parser";
import * as z from "zod";
import { CleverLakeError, isCleverLakeError } from "./basics/errors";
import { userTypes } from "./clever/reports";
import { type Counting, keptWhole } from "./dashboard/opening";
import {
  isAdlsAddress,
  isVaultAddress,
  type LakeAuth,
  lakeAuths,
  lakeAuthsFor,
  parseAdlsAddress,
} from "./lake/adls/address";
import { folderAddressFault, folderOf } from "./lake/folderAddress";

export { isAdlsAddress, type LakeAuth } from "./lake/adls/address";
export { storageScope } from "./lake/adls/tokens";

/** The engines that can read landed files. */
const engines = ["embedded", "spark-submit", "livy"] as const;

const livyFault =
  "must have a url, or a workspace and a pool (Synapse), or a workspace and a lakehouse (Fabric)";

/** The cluster that accepts batches: a Synapse pool, a Fabric lakehouse, or the address of an Apache Livy server. */
const livySchema = z
  .strictObject({
    url: z.url({ protocol: /^https?$/, message: "must look like http://HOST:8998" }).optional(),
    /** Synapse: its name; Fabric: its id. */
    workspace: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/, "must be the name of a workspace in Synapse, or the id of one in Fabric")
      .optional(),
    pool: z
      .string()
      .regex(/^[A-Za-z0-9]+$/, "must be the name of a Spark pool")
      .optional(),
    lakehouse: z.guid("must be the lakehouse's id").optional(),
  })
  .refine(
    ({ url, workspace, pool, lakehouse }) =>
      url === undefined
        ? workspace !== undefined && (pool === undefined) !== (lakehouse === undefined)
        : [workspace, pool, lakehouse].every((each) => each === undefined),
    livyFault,
  )
  .refine(({ workspace, lakehouse }) => lakehouse === undefined || z.guid().safeParse(workspace).success, {
    path: ["workspace"],
    message: "must be the workspace's id, for Fabric",
  });

/** A text that passes a check, which returns what is wrong with it. */
function checkedText(check: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const message = check(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

/** The configuration's keys: in the command line's file, and in the extension's settings, see `settingsSchema`. */
export const configSchema = z.strictObject({
  sftp: z.strictObject({
    host: checkedText((host) => hostFault(host)),
    port: z.number().int().min(1).max(65_535).default(22),
    username: z.string().min(1),
    root: z.string().min(1).default("/"),
    privateKeyPath: z.string().min(1).optional(),
    hostKey: z
      .string()
      .regex(
        /^SHA256:[A-Za-z0-9+/]{43}=?$/,
        "must look like SHA256:… (43 characters), as ssh-keygen -lf prints it",
      )
      .optional(),
    connections: z.number().int().min(1).max(16).default(4),
    timeoutSeconds: z.number().min(1).max(600).default(30),
    /** How redeliveries are detected: by size and time, or also by reading all bytes. */
    compare: z.enum(["time", "hash"]).default("time"),
  }),
  lake: z
    .strictObject({
      url: checkedText((url) => lakeAddressFault(url)),
      /** For a lake in Azure; `vscode` is for the extension only. */
      auth: z.enum(lakeAuths).default("default"),
    })
    .superRefine(({ url, auth }, context) => {
      if (authsForLake(url).includes(auth)) return;
      const message = 'OneLake has no account key, and a SAS is not supported for it: set it to "default"';
      context.addIssue({ code: "custom", path: ["auth"], message });
    }),
  /** The key vault that holds the salt, as in OEA; instead of a salt of the user's own. */
  saltKeyVaultUrl: checkedText((url) => saltKeyVaultFault(url)).optional(),
  userTypes: z
    .array(z.enum(userTypes))
    .min(1)
    .default([...userTypes]),
  minimumGroupSize: z.number().int().min(0).default(10),
  /** What stays whole when groups of people must be joined: schools, or grades across schools. */
  keepWhole: z.enum(keptWhole).default("schools"),
  /**
   * What reads landed files: DuckDB in this process, or Apache Spark, which leaves files that need judging to this
   * process.
   */
  engine: z.enum(engines).default("embedded"),
  /** The program that starts Spark: its path, or its name on the search path. */
  sparkSubmit: z.string().min(1).default("spark-submit"),
  /** For `livy`: the cluster. */
  livy: livySchema.optional(),
  /** The district's name, for exports from the dashboard. */
  districtName: z.string().trim().max(200).optional(),
  /** CSV `school,level`, for schools whose name does not show their level. */
  schoolLevelsFile: z.string().min(1).optional(),
  /** CSV `resource,seats,cost,end`: the paid resources. */
  licencesFile: z.string().min(1).optional(),
  /** The percentage of a source's rows that a redelivery may remove without a person's consent. */
  maxShrink: z.number().int().min(0).max(100).default(50),
  /** A report is overdue if its newest day is this many school days old; 0 turns this off. */
  expectReportsWithin: z.number().int().min(0).max(365).default(0),
  /** Whether each run updates the table of OEA's Digital Engagement schema. */
  digitalActivity: z.boolean().default(false),
  /** Whether each run updates the table of groups. */
  groupsTable: z.boolean().default(false),
});

export type Config = z.infer<typeof configSchema>;

/** The path of a file in VS Code's settings: from which folder VS Code was started is unknown to its user. */
const fullPath = checkedText((file) =>
  path.isAbsolute(expandHome(file)) ? undefined : "must be a full path, or begin with ~/",
).optional();

/** The configuration's keys in the extension's settings. */
export const settingsSchema = configSchema.extend({
  sftp: configSchema.shape.sftp.extend({ privateKeyPath: fullPath }),
  schoolLevelsFile: fullPath,
  licencesFile: fullPath,
});

/** A file may leave the server out: most commands need only the lake. */
const configFileSchema = configSchema.partial({ sftp: true });

export type ConfigFile = z.infer<typeof configFileSchema>;

/**
 * Values that must not be in a file. They come from the environment on the command line and from SecretStorage in VS
 * Code.
 */
export interface Secrets {
  readonly password?: string;
  readonly passphrase?: string;
  readonly salt?: string;
  readonly lakeAccountKey?: string;
  /** A shared access signature for the lake. */
  readonly lakeSas?: string;
}

/** Checks a configuration; rejects with code `config` and a line per wrong key. */
export function parseConfig(value: unknown, subject: string): Config {
  return parseWith(configSchema, value, subject);
}

/** Checks the server's part of a configuration, like `parseConfig`. */
export function parseServerConfig(value: unknown, subject: string): Config["sftp"] {
  return parseWith(configSchema.shape.sftp, value, subject);
}

/** Checks how people are counted, like `parseConfig`. */
export function parseCounting({ minimumGroupSize, keepWhole }: Counting, subject: string): void {
  const schema = configSchema.pick({ minimumGroupSize: true, keepWhole: true });
  parseWith(schema, { minimumGroupSize, keepWhole }, subject);
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of settings in braces",
};

/** What is wrong with a setting, for `safeParse`, instead of zod's own messages, which are about its types. */
export const settingFault: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.map(String).join(" or ")}`;
    case "too_small":
      return issue.origin === "number" ? `must be at least ${issue.minimum}` : "must not be empty";
    case "too_big":
      return `must be at most ${issue.maximum}${issue.origin === "string" ? " characters long" : ""}`;
    case "unrecognized_keys":
      return `has no setting ${issue.keys.join(", ")}`;
    default:
      return undefined;
  }
};

function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  subject: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value, { error: settingFault });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path: key, message }) => `${key.join(".") || "The file"}: ${message}`,
  );
  throw new CleverLakeError("config", `The configuration is not valid. ${faults.join("; ")}.`, { subject });
}

/** Reads the configuration from a JSON file. */
export async function readConfig(file: string): Promise<ConfigFile> {
  let text: string;
  try {
    text = textOf(await readFile(file));
  } catch {
    throw new CleverLakeError("config", "The configuration file cannot be read.", {
      subject: file,
      hint: "Name it with --config FILE.",
    });
  }
  try {
    return parseWith(configFileSchema, JSON.parse(text), file);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const singleBackslash = /[^\\]\\(?:\\\\)*[^"\\/bfnrtu]/.test(text);
    const { line, column } = await firstFault(text);
    throw new CleverLakeError(
      "config",
      `The configuration file is not valid JSON (line ${line}, column ${column}).`,
      { subject: file, ...(singleBackslash ? { hint: backslashHint } : {}) },
    );
  }
}

/** Where a text first stops being JSON, from line 1 and column 1; the messages of `JSON.parse` quote the text. */
async function firstFault(text: string): Promise<{ readonly line: number; readonly column: number }> {
  const { parse } = await import("jsonc-parser");
  const faults: ParseError[] = [];
  parse(text, faults, { disallowComments: true });
  const before = text.slice(0, faults[0]?.offset ?? text.length).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

const backslashHint =
  'In JSON, double each backslash of a Windows path, "C:\\\\data\\\\lake", or use slashes, "C:/data/lake".';

/**
 * A file's text, in the encodings that Windows editors and shells write: UTF-8 or UTF-16, with their byte-order marks.
 */
function textOf(bytes: Buffer): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  // The decoder removes the mark.
  return new TextDecoder(encoding).decode(bytes);
}

/**
 * The secrets in an environment; empty ones count as missing. Line breaks at the end are removed: they come from the file
 * that a secret was read from, such as one with Windows' line ends. Those of the salt stay, because a lake may have been
 * pseudonymized with them (see `checkedSaltFor`).
 */
export function secretsFrom(environment: NodeJS.ProcessEnv): Secrets {
  const secret = (name: string) => environment[name]?.replace(/[\r\n]+$/, "");
  const password = secret("CLEVER_SFTP_PASSWORD");
  const passphrase = secret("CLEVER_SFTP_PASSPHRASE");
  const salt = environment.CLEVER_SALT;
  const lakeAccountKey = secret("CLEVER_LAKE_ACCOUNT_KEY");
  const lakeSas = secret("CLEVER_LAKE_SAS");
  return {
    ...(password ? { password } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(salt ? { salt } : {}),
    ...(lakeAccountKey ? { lakeAccountKey } : {}),
    ...(lakeSas ? { lakeSas } : {}),
  };
}

/** What is wrong with a server's host name or address; undefined if it can be one. */
export function hostFault(host: string): string | undefined {
  if (host === "") return "must not be empty";
  // An IPv6 address has colons and may name an interface: fe80::1%eth0. It has no brackets without a port.
  const isAlone = /^[\p{L}\p{N}_:][\p{L}\p{N}_:.%-]*$/u.test(host) && !/^[^:]*:\d*$/.test(host);
  return isAlone ? undefined : "must be a host name or address alone, without sftp://, user, port or path";
}

/** What is wrong with a lake's address; undefined if it is valid. */
export function lakeAddressFault(url: string): string | undefined {
  if (!isAdlsAddress(url)) return folderAddressFault(url);
  try {
    parseAdlsAddress(url);
    return undefined;
  } catch (error) {
    if (!isCleverLakeError(error)) throw error;
    return [error.message, error.hint].join(" ").replace(/\.$/, "");
  }
}

/** The ways to sign in to a lake; all of them for one that is not in Azure, or whose address is invalid. */
export function authsForLake(url: string): readonly LakeAuth[] {
  if (!isAdlsAddress(url) || lakeAddressFault(url) !== undefined) return lakeAuths;
  return lakeAuthsFor(parseAdlsAddress(url));
}

/** The path of a lake in a local folder; undefined if the lake is elsewhere or the address is invalid. */
export function folderPathOf(url: string): string | undefined {
  return isAdlsAddress(url) || folderAddressFault(url) !== undefined ? undefined : folderOf(url);
}

/** What is wrong with a key vault's address; undefined if it is valid. */
export function saltKeyVaultFault(url: string): string | undefined {
  return isVaultAddress(url) ? undefined : "must look like https://NAME.vault.azure.net";
}

/** Expands `~` at the start of a configured path; Windows users write `~\`. */
export function expandHome(file: string): string {
  return /^~(?:[/\\]|$)/.test(file) ? path.join(homedir(), file.slice(1)) : file;
}
