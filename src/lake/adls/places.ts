import { checkedPath, tableFileSystems, temporaryFolder } from "../lakePath";
import type { AdlsAddress } from "./address";

/** A file or folder of the lake, located in the account. */
export interface Place {
  readonly lakePath: string;
  readonly fileSystem: string;
  /** Within the file system, without a leading slash; empty for its root. */
  readonly name: string;
}

/** Maps the lake's paths to an account. */
export class Places {
  constructor(private readonly address: AdlsAddress) {}

  /** The place of a checked path of the lake. */
  of(lakePath: string): Place {
    const [stage = "", ...rest] = checkedPath(lakePath).split("/");
    const { fileSystem, prefix } = this.address;
    const parts = fileSystem === undefined ? [prefix, ...rest] : [prefix, stage, ...rest];
    return { lakePath, fileSystem: fileSystem ?? stage, name: parts.filter((part) => part !== "").join("/") };
  }

  /** The lake path of a name in a file system; undefined if it is outside the lake. */
  lakePath(fileSystem: string, name: string): string | undefined {
    const { prefix, kind } = this.address;
    const within = prefix === "" ? name : withoutFolder(name, prefix, kind === "oneLake");
    if (within === undefined || this.address.fileSystem !== undefined) return within;
    return `${fileSystem}/${within}`;
  }

  /**
   * Where a file is written before it is put in place: below the first folder of its stage (`clever`); in stages with
   * tables, below the table's own folder, because OEA treats every child of `clever` as a table there. So the file
   * inherits the access rights of these folders, and keeps them when it is renamed.
   */
  temporary(target: Place, id: string): Place {
    return { ...target, name: `${this.temporaryFolderOf(target)}/${id}` };
  }

  temporaryFolderOf({ lakePath }: Place): string {
    const [stage = "", ...folders] = lakePath.split("/").slice(0, -1);
    const depth = tableFileSystems.has(stage) ? 2 : 1;
    const { name } = this.of([stage, ...folders.slice(0, depth)].join("/"));
    return name === "" ? temporaryFolder : `${name}/${temporaryFolder}`;
  }

  /** The SDK appends a rename's target to the host, so an emulator's account must be included. */
  renameFileSystem({ fileSystem }: Place): string {
    return `${this.address.accountPath}${encodeURIComponent(fileSystem)}`;
  }

  /** The address of a lake path on the Data Lake endpoint, as `https://…`. */
  url(lakePath: string): string {
    const place = this.of(lakePath);
    return [this.address.endpoint, encodeURIComponent(place.fileSystem), this.encoded(place)]
      .filter((part) => part !== "")
      .join("/");
  }

  /** A name encoded for an address. */
  encoded({ name }: Place): string {
    return name.split("/").map(encodeURIComponent).join("/");
  }
}

/**
 * The part of a name after a folder; undefined if it is not in the folder.
 * @param isItem whether the folder begins with a Fabric item; responses can have its name in another case, or its
 *   GUID
 */
function withoutFolder(name: string, folder: string, isItem: boolean): string | undefined {
  const skipped = (text: string) => (isItem ? text.slice(text.indexOf("/") + 1) : text);
  const [within, before] = [skipped(name), `${skipped(folder)}/`];
  return within.startsWith(before) ? within.slice(before.length) : undefined;
}
