import { checkedPath, tableFileSystems, temporaryFolder } from "../lakePath";
import type { AdlsAddress } from "./address";

/** A file or folder of the lake as the account knows it. */
export interface Place {
  readonly lakePath: string;
  readonly fileSystem: string;
  /** Within the file system, without a leading slash; empty for its root. */
  readonly name: string;
}

/** Where the lake's paths are in an account. */
export class Places {
  constructor(private readonly address: AdlsAddress) {}

  /** The place of a lake's path, which is checked. */
  of(lakePath: string): Place {
    const [stage = "", ...rest] = checkedPath(lakePath).split("/");
    const { fileSystem, prefix } = this.address;
    const parts = fileSystem === undefined ? [prefix, ...rest] : [prefix, stage, ...rest];
    return {
      lakePath,
      fileSystem: fileSystem ?? stage,
      name: parts.filter((part) => part !== "").join("/"),
    };
  }

  /** The lake's path of a name in a file system; undefined for one outside of the lake. */
  lakePath(fileSystem: string, name: string): string | undefined {
    const { prefix, kind } = this.address;
    const within = prefix === "" ? name : withoutFolder(name, prefix, kind === "oneLake");
    if (within === undefined || this.address.fileSystem !== undefined) return within;
    return `${fileSystem}/${within}`;
  }

  /**
   * Where a file is written before it is put in place: beneath the first folder of its stage (`clever`), and in the stages
   * of tables beneath the table's own folder, since OEA takes every child of `clever` for a table there. So it inherits the
   * access rights that were set on these folders; a rename keeps them.
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

  /** The SDK puts a rename's target behind the host, so that an emulator's account has to come along. */
  renameFileSystem({ fileSystem }: Place): string {
    return `${this.address.accountPath}${encodeURIComponent(fileSystem)}`;
  }

  /** The address of a path of the lake at the Data Lake endpoint, as `https://…`. */
  url(lakePath: string): string {
    const place = this.of(lakePath);
    return [this.address.endpoint, encodeURIComponent(place.fileSystem), this.encoded(place)]
      .filter((part) => part !== "")
      .join("/");
  }

  /** A name as part of an address. */
  encoded({ name }: Place): string {
    return name.split("/").map(encodeURIComponent).join("/");
  }
}

/**
 * What a name has behind a folder; undefined where it is not in it.
 * @param isItem whether the folder begins with an item of Fabric, which answers may name in another case or by its GUID
 */
function withoutFolder(name: string, folder: string, isItem: boolean): string | undefined {
  const skipped = (text: string) => (isItem ? text.slice(text.indexOf("/") + 1) : text);
  const [within, before] = [skipped(name), `${skipped(folder)}/`];
  return within.startsWith(before) ? within.slice(before.length) : undefined;
}
