import path from "node:path";

/** A file's content, a link's target, or a folder that answers with a status instead of a listing. */
export type OddEntry = string | Buffer | { readonly link: string } | { readonly refusedWith: number };

export type Node =
  | { readonly kind: "file"; readonly content: Buffer }
  | { readonly kind: "folder"; readonly names: Set<string>; readonly refusedWith: number | undefined }
  | { readonly kind: "link"; readonly target: string };

/** As many links as Linux follows in one path. */
const maximumLinks = 40;

/** The files of an unusual server, by absolute path. */
export class Tree {
  private readonly nodes = new Map<string, Node>([
    ["/", { kind: "folder", names: new Set(), refusedWith: undefined }],
  ]);

  constructor(entries: Readonly<Record<string, OddEntry>>) {
    for (const [name, entry] of Object.entries(entries)) this.put(name, entry);
  }

  put(name: string, entry: OddEntry): void {
    const where = path.posix.resolve("/", name);
    this.folderOf(path.posix.dirname(where)).names.add(path.posix.basename(where));
    if (typeof entry === "string" || Buffer.isBuffer(entry))
      this.nodes.set(where, { kind: "file", content: Buffer.from(entry) });
    else if ("link" in entry) this.nodes.set(where, { kind: "link", target: entry.link });
    else this.nodes.set(where, { kind: "folder", names: new Set(), refusedWith: entry.refusedWith });
  }

  /** The node at a path, and its path after resolving links; undefined if there is none. */
  find(name: string, followLast: boolean): { where: string; node: Node } | undefined {
    let where = "/";
    let links = 0;
    const parts = path.posix.resolve("/", name).split("/").filter(Boolean);
    while (parts.length > 0) {
      const next = path.posix.join(where, parts.shift() ?? "");
      const node = this.nodes.get(next);
      if (node === undefined) return undefined;
      if (node.kind === "link" && (parts.length > 0 || followLast)) {
        if (++links > maximumLinks) return undefined;
        parts.unshift(...path.posix.resolve(where, node.target).split("/").filter(Boolean));
        where = "/";
      } else {
        where = next;
      }
    }
    const node = this.nodes.get(where);
    return node && { where, node };
  }

  private folderOf(where: string): Extract<Node, { kind: "folder" }> {
    const there = this.nodes.get(where);
    if (there?.kind === "folder") return there;
    const folder = { kind: "folder", names: new Set<string>(), refusedWith: undefined } as const;
    this.nodes.set(where, folder);
    this.folderOf(path.posix.dirname(where)).names.add(path.posix.basename(where));
    return folder;
  }
}
