import { posix } from "node:path";
import type { SftpConnection } from "../connection/connection";
import type { ConnectionPool } from "../connection/connectionPool";
import { joinPath, printable } from "../paths";
import { onConnection } from "../retry";
import { sftpStatus, statusOf } from "../sftpErrors";
import type { ReportNames, SkippedEntry, SourceFile } from "../source";
import type { Walk } from "./listing";

const maximumLinks = 1_000;
/** Maximum length of a chain of links. */
const maximumSteps = 8;

const brokenLink = "a broken link";
const outsideLink = "a link that leads outside the folder with the reports";
const loopLink = "a link back to a folder that contains it";

/**
 * Follows the links of a tree to entries that were found in it. A link adds a file only if it is a report by the
 * link's path but not by its own. Each file is added only once, so that no report is read twice. Links to anything
 * that the walk did not reach are ignored, so links can neither form loops nor lead outside the root.
 */
export async function followLinks(
  tree: Walk,
  names: ReportNames,
  pool: ConnectionPool<SftpConnection>,
  signal: AbortSignal | undefined,
): Promise<{ files: SourceFile[]; skipped: SkippedEntry[] }> {
  const follower = new LinkFollower(tree, names, pool, signal);
  for (const [index, link] of [...tree.links].sort().entries()) {
    if (index < maximumLinks) await follower.follow(link);
    else follower.skip(link, `one of more than ${maximumLinks} links`);
  }
  return follower;
}

class LinkFollower {
  readonly files: SourceFile[] = [];
  readonly skipped: SkippedEntry[] = [];
  private readonly byPath: ReadonlyMap<string, SourceFile>;
  private readonly links: ReadonlySet<string>;
  /** For files that are not reports by their own path: the paths by which they are read, keyed by the former. */
  private readonly readAs = new Map<string, string>();
  private realRoot: Promise<string> | undefined;

  constructor(
    private readonly tree: Walk,
    private readonly names: ReportNames,
    private readonly pool: ConnectionPool<SftpConnection>,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.byPath = new Map(tree.files.map((file) => [file.path, file]));
    this.links = new Set(tree.links);
  }

  skip(link: string, reason: string, isRead = false): void {
    this.skipped.push({ path: printable(link), reason, ...(isRead ? { isRead } : {}) });
  }

  async follow(link: string): Promise<void> {
    const found = await this.targetOf(link);
    if ("reason" in found) return this.skip(link, found.reason);
    const { target } = found;
    if (isWithin(link, target)) return this.skip(link, loopLink);
    const file = this.byPath.get(target);
    if (!file && !this.tree.folders.has(target))
      return this.skip(link, `a link to ${printable(target)}, which was not listed`);
    const below = file ? [file] : this.tree.files.filter(({ path }) => isWithin(path, target));
    let readOtherwise: string | undefined;
    let added = false;
    for (const each of below) {
      const alias = `${link}${each.path.slice(target.length)}`;
      const as = this.names.isReport(each.path) ? each.path : this.readAs.get(each.path);
      if (as !== undefined) readOtherwise ??= as;
      else if (this.names.isReport(alias)) {
        this.readAs.set(each.path, alias);
        this.files.push({ ...each, path: alias });
        added = true;
      }
    }
    if (added) return;
    if (readOtherwise === undefined) this.skip(link, `a link to ${printable(target)}, which is not a report`);
    else if (readOtherwise === target)
      this.skip(link, `a link to ${printable(target)}, which is read itself`, true);
    else this.skip(link, `a link to ${printable(target)}, read as ${printable(readOtherwise)}`, true);
  }

  /** The path below the root to which a link leads, or why it is not followed. */
  private async targetOf(link: string): Promise<{ target: string } | { reason: string }> {
    try {
      this.realRoot ??= this.realPath(this.tree.root);
      const root = await this.realRoot;
      const real = belowRoot(root, await this.realPath(joinPath(this.tree.root, link)));
      if (real === undefined) return { reason: outsideLink };
      // Servers that only normalize the path return the link itself.
      return real === link ? await this.stepByStep(link, root) : { target: real };
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined) throw error;
      const isMissing = status === sftpStatus.noSuchFile || status === sftpStatus.failure;
      return { reason: isMissing ? brokenLink : "a link whose target the server does not reveal" };
    }
  }

  private realPath(path: string): Promise<string> {
    return onConnection(this.pool, this.signal, (connection) => connection.realPath(path));
  }

  private async stepByStep(link: string, root: string): Promise<{ target: string } | { reason: string }> {
    let at = link;
    for (let step = 0; step < maximumSteps; step++) {
      const path = joinPath(this.tree.root, at);
      const text = await onConnection(this.pool, this.signal, (connection) => connection.linkTarget(path));
      const next = belowRoot(root, posix.resolve(posix.dirname(joinPath(root, at)), text));
      if (next === undefined) return { reason: outsideLink };
      if (!this.links.has(next)) return { target: next };
      at = next;
    }
    return { reason: brokenLink };
  }
}

/** The path relative to the root; "" for the root itself, undefined for a path outside it. */
function belowRoot(root: string, path: string): string | undefined {
  if (path === root) return "";
  const prefix = root.endsWith("/") ? root : `${root}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

function isWithin(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}
