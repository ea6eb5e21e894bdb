import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  verify,
} from "node:crypto";
import { describe, expect, it } from "vitest";
import { describeError } from "../../src/basics/errors";
import { parsePrivateKey } from "../../src/sftp/connection/privateKey";

const passphrase = "correct horse";
const protection = { cipher: "aes-256-cbc", passphrase } as const;

const kinds = {
  RSA: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  "ECDSA P-256": () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "ECDSA P-384": () => generateKeyPairSync("ec", { namedCurve: "P-384" }),
  "ECDSA P-521": () => generateKeyPairSync("ec", { namedCurve: "P-521" }),
  Ed25519: () => generateKeyPairSync("ed25519"),
};
const data = Buffer.from("what is signed");

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Whether a key is the same after writing it as PKCS#8 and reading it. */
function isReadBack(
  { privateKey, publicKey }: Pair,
  isEncrypted = false,
  around = (pem: string) => pem,
): boolean {
  const pem = privateKey
    .export({ type: "pkcs8", format: "pem", ...(isEncrypted ? protection : {}) })
    .toString();
  const key = parsePrivateKey({ privateKey: around(pem), ...(isEncrypted ? { passphrase } : {}) });
  if (key === undefined) return false;
  const hash =
    { "ecdsa-sha2-nistp384": "sha384", "ecdsa-sha2-nistp521": "sha512" }[key.type as string] ?? "sha256";
  const algorithm = key.type === "ssh-ed25519" ? null : hash;
  const signature = key.sign(data, algorithm ?? undefined);
  return (
    createPublicKey(key.getPublicPEM()).equals(publicKey) && verify(algorithm, data, publicKey, signature)
  );
}

/** The key pair for an elliptic curve's private number. */
function pairOf(curve: "P-256" | "P-521", d: number): Pair {
  const ecdh = createECDH(curve === "P-256" ? "prime256v1" : "secp521r1");
  const length = curve === "P-256" ? 32 : 66;
  const number = Buffer.alloc(length);
  number.writeUInt32BE(d, length - 4);
  ecdh.setPrivateKey(number);
  const point = ecdh.getPublicKey().subarray(1);
  const text = (bytes: Buffer) => bytes.toString("base64url");
  const [x, y] = [text(point.subarray(0, length)), text(point.subarray(length))];
  const privateKey = createPrivateKey({
    format: "jwk",
    key: { kty: "EC", crv: curve, x, y, d: text(number) },
  });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function ed25519Of(seed: number): Pair {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32BE(seed, 28);
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), bytes]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

describe("a PKCS#8 private key", () => {
  const all = Object.keys(kinds) as (keyof typeof kinds)[];

  it.each(all)("is read: %s", (kind) => {
    expect(isReadBack(kinds[kind]())).toBe(true);
  });

  it.each(all)("is read with its passphrase: %s", (kind) => {
    expect(isReadBack(kinds[kind](), true)).toBe(true);
  });

  it.each([
    ["ECDSA P-256", (seed: number) => pairOf("P-256", seed)],
    ["ECDSA P-521", (seed: number) => pairOf("P-521", seed)],
    ["Ed25519", ed25519Of],
  ])("is read if its private and public bytes begin with zeros: %s", (_, pair) => {
    let zeros = 0;
    for (let seed = 1; zeros < 2; seed++) {
      const { x = "" } = pair(seed).publicKey.export({ format: "jwk" });
      if (Buffer.from(x, "base64url")[0] !== 0) continue;
      zeros++;
      expect(isReadBack(pair(seed))).toBe(true);
    }
  });

  it.each([
    [
      "with a byte-order mark and Windows line ends",
      (pem: string) => `\ufeff${pem.replaceAll("\n", "\r\n")}`,
    ],
    [
      "with the attributes that OpenSSL writes before it",
      (pem: string) => `Bag Attributes\n    friendlyName: x\nKey Attributes: <No Attributes>\n${pem}`,
    ],
    [
      "with another PEM block before it",
      (pem: string) => `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem}`,
    ],
    ["without a last line break", (pem: string) => pem.trimEnd()],
  ])("is read %s", (_, around) => {
    expect(isReadBack(kinds["ECDSA P-256"](), false, around)).toBe(true);
  });
});

describe("an unusable private key", () => {
  const ed25519 = kinds.Ed25519().privateKey;
  const pkcs8 = (options: object = {}) =>
    ed25519.export({ type: "pkcs8", format: "pem", ...options }).toString();
  const rsa = kinds.RSA().privateKey;
  const oldPem = (cipher: string) =>
    rsa.export({ type: "pkcs1", format: "pem", cipher, passphrase: "right-secret" }).toString();
  const other = (pair: { privateKey: typeof rsa }, type: "pkcs8" | "sec1" = "pkcs8") =>
    pair.privateKey.export({ type, format: "pem" }).toString();

  it.each([
    ["without its passphrase", pkcs8(protection), undefined, "none was given", "Enter the key's passphrase"],
    ["with a wrong passphrase", pkcs8(protection), "wrong-secret", "does not decrypt", ""],
    ["in the old format, with a wrong one", oldPem("aes-128-cbc"), "wrong-secret", "does not decrypt", ""],
    ["in the old format, without one", oldPem("aes-128-cbc"), undefined, "none was given", ""],
    [
      "with unsupported encryption",
      oldPem("camellia-128-cbc"),
      "right-secret",
      "in a way that",
      "ssh-keygen -p",
    ],
    [
      "damaged",
      pkcs8().replace(/\n.{20}/, "\n"),
      undefined,
      "damaged or in an unknown format",
      "ssh-keygen -p",
    ],
    [
      "in PuTTY's format, version 3",
      "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 2\nAAAA\nBBBB\n",
      undefined,
      "a PuTTY format",
      "puttygen KEYFILE.ppk -O private-openssh -o KEYFILE",
    ],
    [
      "in PuTTY's format, version 2, with an elliptic curve",
      "PuTTY-User-Key-File-2: ecdsa-sha2-nistp256\nEncryption: none\nComment: x\nPublic-Lines: 2\nAAAA\n",
      undefined,
      "a PuTTY format",
      "puttygen",
    ],
    [
      "of SSH.com",
      "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: x\nAAAA\n---- END SSH2 ENCRYPTED PRIVATE KEY ----",
      undefined,
      "SSH.com",
      "ssh-keygen -i",
    ],
    ["Ed448", other(generateKeyPairSync("ed448")), undefined, "type (ed448)", "ssh-keygen -t ed25519"],
    [
      "RSA-PSS",
      other(generateKeyPairSync("rsa-pss", { modulusLength: 2048 })),
      undefined,
      "type (rsa-pss)",
      "ssh-keygen -t ed25519",
    ],
    [
      "of a curve that SSH does not know",
      other(generateKeyPairSync("ec", { namedCurve: "secp256k1" })),
      undefined,
      "of a type",
      "ssh-keygen -t ed25519",
    ],
    [
      "a public one",
      createPublicKey(ed25519).export({ type: "spki", format: "pem" }).toString(),
      undefined,
      "",
      "",
    ],
  ])("is reported in plain words: %s", (_, privateKey, given, message, hint) => {
    const read = () => parsePrivateKey({ privateKey, ...(given === undefined ? {} : { passphrase: given }) });
    let error: unknown;
    try {
      read();
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code: "auth", message: expect.stringContaining(message) });
    const text = describeError(error);
    expect(text).toContain(hint);
    expect(text).not.toContain("secret");
    for (const line of privateKey.split("\n").slice(1, -2))
      if (line.length > 8) expect(text).not.toContain(line);
  });
});
