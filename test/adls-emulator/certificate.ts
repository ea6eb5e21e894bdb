import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** DER: a tag, the length, the contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const length: number[] = [];
  for (let left = body.length; left > 0; left >>= 8) length.unshift(left & 0xff);
  const head = body.length < 0x80 ? [body.length] : [0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from([tag, ...head]), body]);
}

const sequence = (...contents: readonly Buffer[]) => der(0x30, ...contents);
const bytes = (...values: readonly number[]) => Buffer.from(values);
const utcTime = (date: Date) =>
  der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, "")}Z`, "ascii"));

const ecdsaWithSha256 = sequence(der(0x06, bytes(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)));
const commonName = (text: string) =>
  sequence(der(0x31, sequence(der(0x06, bytes(0x55, 0x04, 0x03)), der(0x0c, Buffer.from(text)))));
const day = 24 * 60 * 60 * 1000;

/**
 * A new key with a certificate that signs itself, for 127.0.0.1, `localhost` and further names, good for two days
 * (RFC 5280). Generated each time, so that no private key is in the repository.
 */
export function makeCertificate(names: readonly string[] = []): {
  readonly certificate: string;
  readonly privateKey: string;
} {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const alternativeNames = sequence(
    ...["localhost", ...names].map((each) => der(0x82, Buffer.from(each))),
    der(0x87, bytes(127, 0, 0, 1)),
  );
  const certificateAuthority = sequence(der(0x01, bytes(0xff)));
  const serial = randomBytes(8);
  // A positive number without a leading zero.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  // A unique name: of two trusted certificates in one file, OpenSSL uses the first with the name.
  const name = commonName(`Data Lake emulator for tests ${serial.toString("hex")}`);
  const toBeSigned = sequence(
    der(0xa0, der(0x02, bytes(2))),
    der(0x02, serial),
    ecdsaWithSha256,
    name,
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + day))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(
      0xa3,
      sequence(
        sequence(der(0x06, bytes(0x55, 0x1d, 0x11)), der(0x04, alternativeNames)),
        sequence(der(0x06, bytes(0x55, 0x1d, 0x13)), der(0x01, bytes(0xff)), der(0x04, certificateAuthority)),
      ),
    ),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const certificate = sequence(toBeSigned, ecdsaWithSha256, der(0x03, bytes(0), signature));
  const lines = certificate.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}
