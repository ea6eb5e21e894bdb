import { createPrivateKey, type KeyObject } from "node:crypto";
import { type ParsedKey, utils } from "ssh2";
import { CleverLakeError } from "../../basics/errors";

/** A private key file. */
export interface PrivateKeyFile {
  /** Contents of an OpenSSH, PEM, PKCS#8 or PuTTY private key file. */
  readonly privateKey?: string;
  readonly passphrase?: string;
}

/** The key in a PEM file, without the text that programs write around it: attributes, curve parameters, comments. */
const pemKey = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----[\s\S]+?-----END \1-----/;

const saveAgain =
  "Save it in OpenSSH's own format: ssh-keygen -p -f KEYFILE (on a copy; it asks for passphrases).";
const makeNew = "Use another one, or generate one: ssh-keygen -t ed25519 -f KEYFILE.";

/**
 * Parses the private key, if there is one.
 * @throws CleverLakeError `auth`, without any part of the key or the passphrase
 */
export function parsePrivateKey({ privateKey, passphrase }: PrivateKeyFile): ParsedKey | undefined {
  if (privateKey === undefined) return undefined;
  const [block, label] = pemKey.exec(privateKey) ?? [privateKey.replace(/^\ufeff/, "")];
  const isPkcs8 = label === "PRIVATE KEY" || label === "ENCRYPTED PRIVATE KEY";
  const key = isPkcs8
    ? parsed(fromPkcs8(block, label === "ENCRYPTED PRIVATE KEY", passphrase), undefined)
    : parsed(block, passphrase);
  if (key.isPrivateKey()) return key;
  throw new CleverLakeError("auth", "The private key file contains a public key.", {
    hint: "Use the file without .pub.",
  });
}

function parsed(text: string, passphrase: string | undefined): ParsedKey {
  let found: ParsedKey | ParsedKey[] | Error | undefined;
  try {
    found = utils.parseKey(text, passphrase);
  } catch (error) {
    // Old PEM files need MD5, which hardened systems do not have.
    found = error instanceof Error ? error : undefined;
  }
  const key = Array.isArray(found) ? found[0] : found;
  if (key === undefined || key instanceof Error)
    throw keyError(text, key?.message ?? "", passphrase !== undefined);
  return key;
}

function keyError(text: string, libraryMessage: string, withPassphrase: boolean): CleverLakeError {
  const error = (message: string, hint?: string) => new CleverLakeError("auth", message, { hint });
  if (/^PuTTY-User-Key-File-/.test(text) && !/passphrase|integrity|decrypt/i.test(libraryMessage))
    return error(
      "The private key is in a PuTTY format that is not supported.",
      "Convert it: puttygen KEYFILE.ppk -O private-openssh -o KEYFILE (or PuTTYgen, Conversions, Export OpenSSH key).",
    );
  if (/^---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----/.test(text))
    return error(
      "The private key is in SSH.com's format, which is not supported.",
      "Convert it: ssh-keygen -i -f KEYFILE > NEWFILE.",
    );
  if (/private key type: sk-/i.test(libraryMessage))
    return error(
      "The private key needs a security device, which cannot be used in unattended runs.",
      makeNew,
    );
  if (/unsupported (?:cipher|kdf)|not supported|md5|digital envelope/i.test(libraryMessage))
    return error("The private key is encrypted in a way that is not supported.", saveAgain);
  if (/unsupported .*(?:key type|oid)/i.test(libraryMessage))
    return error("The private key is of a type that is not supported.", makeNew);
  if (/encrypted|passphrase|integrity|decrypt/i.test(libraryMessage)) return lockedError(withPassphrase);
  return error(
    "The private key cannot be read: it is damaged or in an unknown format.",
    `Give a private key as ssh-keygen writes it. ${saveAgain}`,
  );
}

function lockedError(withPassphrase: boolean): CleverLakeError {
  return withPassphrase
    ? new CleverLakeError("auth", "The passphrase does not decrypt the private key.", {
        hint: `Check it. If it is correct, the key is encrypted in an uncommon way. ${saveAgain}`,
      })
    : new CleverLakeError("auth", "The private key is protected by a passphrase, and none was given.", {
        hint: "Enter the key's passphrase. On the command line, set CLEVER_SFTP_PASSPHRASE.",
      });
}

/** A PKCS#8 key, as OpenSSL and cloud consoles write it, converted to a format that the SSH library supports. */
function fromPkcs8(pem: string, isEncrypted: boolean, passphrase: string | undefined): string {
  if (isEncrypted && !passphrase) throw lockedError(false);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, ...(isEncrypted && passphrase ? { passphrase } : {}) });
  } catch {
    // One in 256 wrong passphrases decrypts to something, so an unsupported cipher cannot be told from a wrong passphrase.
    throw isEncrypted ? lockedError(true) : keyError(pem, "", false);
  }
  const kind = key.asymmetricKeyType;
  if (kind === "rsa") return key.export({ type: "pkcs1", format: "pem" }).toString();
  if (kind === "ec") return key.export({ type: "sec1", format: "pem" }).toString();
  if (kind === "ed25519") return ed25519AsOpenSsh(key);
  throw new CleverLakeError("auth", `The private key is of a type (${kind}) that SSH does not support.`, {
    hint: makeNew,
  });
}

/** OpenSSH's own format (PROTOCOL.key), unencrypted: the only one in which the SSH library supports an Ed25519 key. */
function ed25519AsOpenSsh(key: KeyObject): string {
  const { x = "", d = "" } = key.export({ format: "jwk" });
  const [publicKey, seed] = [Buffer.from(x, "base64url"), Buffer.from(d, "base64url")];
  const type = sshString("ssh-ed25519");
  const check = Buffer.alloc(8);
  const secret = Buffer.concat([
    check,
    type,
    sshString(publicKey),
    sshString(Buffer.concat([seed, publicKey])),
    sshString(""),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, i) => i + 1));
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    sshString("none"),
    sshString("none"),
    sshString(""),
    uint32(1),
    sshString(Buffer.concat([type, sshString(publicKey)])),
    sshString(Buffer.concat([secret, padding])),
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----"].join("\n");
}

function sshString(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
