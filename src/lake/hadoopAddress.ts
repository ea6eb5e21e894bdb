import { CleverLakeError } from "../basics/errors";
import { type AdlsAddress, isAdlsAddress, parseAdlsAddress } from "./adls/address";
import { Places } from "./adls/places";
import { folderOf } from "./folderAddress";
import { checkedPath } from "./lakePath";

/**
 * The address of a lake's file for programs that use Hadoop's file systems, such as Spark: `file:/…` or `abfss://…`.
 * As in Hadoop's `Path`, it is not percent-encoded. Throws `config` for an emulator, which only this machine can
 * reach.
 * @param url the lake's address
 */
export function hadoopAddress(url: string, path: string): string {
  if (!isAdlsAddress(url)) {
    const folder = folderOf(url).replaceAll("\\", "/");
    return `file:${folder.startsWith("/") ? "" : "/"}${folder}/${checkedPath(path)}`;
  }
  const address = parseAdlsAddress(url);
  if (address.accountPath !== "") {
    throw new CleverLakeError("config", "A cluster cannot reach a lake in an emulator on this machine.", {
      subject: url,
      hint: 'Use "engine": "embedded".',
    });
  }
  return abfssAddress(address, path);
}

/** The same for a lake in Azure. */
export function abfssAddress(address: AdlsAddress, path: string): string {
  const { fileSystem, name } = new Places(address).of(path);
  if (address.kind === "oneLake" && !/^[\w.-]+$/.test(fileSystem)) {
    throw new CleverLakeError(
      "config",
      "Spark does not accept a workspace name with spaces or special characters.",
      { subject: fileSystem, hint: "Use the GUIDs of workspace and lakehouse in lake.url." },
    );
  }
  return `abfss://${fileSystem}@${address.endpoint.slice("https://".length)}/${name}`;
}

/** An address as a percent-encoded URI, which Livy and `spark-submit` expect for a program's files. */
export function hadoopUri(address: string): string {
  const [, place = "", path = ""] = /^(abfss?:\/\/[^/]*|file:)(.*)$/s.exec(address) ?? [];
  return place + path.split("/").map(encodeURIComponent).join("/");
}
