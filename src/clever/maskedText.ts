import type { ReportColumn } from "./reports";

/**
 * Kept texts in the tables, such as the names of links, can identify a person: `https://…?student=12345`. Such a part
 * is replaced by a marker, which is the same for everybody. With pseudonyms in its place, a link per pupil would
 * still be one per pupil and identify that pupil in every list of resources. With the marker, these links become one.
 */
export const maskMarker = "[pseudonym]";

/**
 * What a column contains. A `name` can contain anything. `words` (schools, types) contain ordinary numbers, and an
 * `id` is one. If a whole cell of these kinds equals a person's id, that alone proves nothing;
 * `clever/shiftedCells.ts` detects it from the rows.
 */
export type TextKind = "name" | "words" | "id";

export function textKindOf({ name, words }: ReportColumn): TextKind {
  if (words) return "words";
  return name.endsWith("_id") ? "id" : "name";
}

/**
 * Masks in a text:
 * - e-mail addresses, and credentials in URLs (`https://user:password@…`)
 * - in URLs, the parts that identify a person (`?student=…`, `/users/12`), and ids in Clever's format in a query
 * - people's ids that `isKnown` recognizes (it is passed lower case) between characters other than letters and
 *   digits. Short numbers and words of letters alone do not count as ids there: a grade, a room, a year, a game
 *   called 2048.
 * Percent-encoded parts are checked in decoded form, and masked as a whole.
 */
export function maskText(text: string, kind: TextKind, isKnown: (id: string) => boolean): string {
  return maskParts(
    text,
    { kind, isKnown, whole: kind === "name" ? "" : text.toLowerCase() },
    maxDecodingDepth,
  );
}

interface Rules {
  readonly kind: TextKind;
  readonly isKnown: (id: string) => boolean;
  /** Not checked: the whole cell. */
  readonly whole: string;
}

/** An address in a query may be encoded again at each redirect. */
const maxDecodingDepth = 3;

const logIn = /(\/\/)[^/?#\s@]{1,255}@/g;
const eMail = /[\p{L}\p{N}._%+'-]{1,255}(?:@|%40)[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/giu;
const chunk = /\S+/g;
const urlLike = /[/?#&=]|%[0-9a-f]{2}/i;

function maskParts(text: string, rules: Rules, depth: number): string {
  const withoutMails = text.replace(logIn, `$1${maskMarker}@`).replace(eMail, maskMarker);
  return withoutMails.replace(chunk, (part) =>
    urlLike.test(part) ? maskUrl(part, rules, depth) : maskIds(part, rules),
  );
}

const delimiters = /([/?#&;=:])/;

/** Masks the parts of a URL, or of text that looks like one. */
function maskUrl(url: string, rules: Rules, depth: number): string {
  const parts = url.split(delimiters);
  let inQuery = false;
  return parts
    .map((part, at) => {
      if (at % 2 === 1) {
        inQuery ||= part === "?" || part === "#";
        return part;
      }
      const before = parts[at - 1];
      const key = plainKey(parts[at - 2] ?? "");
      if (part === "" || part === maskMarker) return part;
      const decoded = decode(part);
      const isValue = before === "=" || before === ":";
      if (isValue && personKeys.has(key)) return maskMarker;
      if (isValue && inQuery && cleverForm.test(decoded)) return maskMarker;
      if (before === "/" && personFolders.has(key) && isNumbered(decoded)) return maskMarker;
      if (isValue && decoded.length >= shortestInUrl && rules.isKnown(decoded.toLowerCase()))
        return maskMarker;
      if (decoded === part) return maskIds(part, rules);
      const isMasked = depth > 0 && maskParts(decoded, { ...rules, whole: "" }, depth - 1) !== decoded;
      return isMasked ? maskMarker : part;
    })
    .join("");
}

const shortestInUrl = 4;
/** Clever's own ids, and UUIDs. */
const cleverForm = /^(?:[0-9a-f]{24}|\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?)$/i;

/**
 * Whether a folder's name may identify a person: `12` or `jdoe24`, but not a year, and not words such as
 * `k12-resources`.
 */
function isNumbered(name: string): boolean {
  const digits = name.replace(/\D/g, "").length;
  if (digits === 0 || /^(?:19|20)\d\d$/.test(name)) return false;
  return !/[\s._-]/.test(name) || 5 * digits >= 2 * name.length;
}

const personFolders = new Set(
  (
    "account accounts child children learner learners member members people person persons profile profiles pupil " +
    "pupils staff student students teacher teachers user users"
  ).split(" "),
);
const personKeys = new Set(
  (
    "child childid cleverid cleveruserid dob email emailaddress employee employeeid firstname fname fullname lastname " +
    "learner learnerid lname login loginhint loginid mail member memberid person personid phone pupil pupilid sid sis " +
    "sisid staff staffid stu student studentid studentname studentno studentnumber stuid teacher teacherid tel uid user " +
    "userid username usr"
  ).split(" "),
);

/** `Student_ID` and `student-id` are the same key. */
function plainKey(part: string): string {
  return decode(part)
    .toLowerCase()
    .replace(/[^a-z]/g, "");
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch {
    return part;
  }
}

/** Ids of more parts than this, such as `a.b-c`, are not detected. A UUID has five. */
const mostPieces = 6;
const piece = /[\p{L}\p{N}]+/gu;

/** Masks the known ids within a text without white space, longest first. */
function maskIds(text: string, rules: Rules): string {
  const pieces = [...text.matchAll(piece)].map(({ 0: found, index }) => ({
    start: index,
    end: index + found.length,
  }));
  let masked = "";
  let from = 0;
  for (let first = 0; first < pieces.length; first++) {
    const start = pieces[first]?.start ?? 0;
    for (let last = Math.min(first + mostPieces, pieces.length) - 1; last >= first; last--) {
      const end = pieces[last]?.end ?? 0;
      const id = text.slice(start, end).toLowerCase();
      if (!mayBeId(id, rules) || !rules.isKnown(id)) continue;
      masked += text.slice(from, start) + maskMarker;
      from = end;
      first = last;
      break;
    }
  }
  return masked + text.slice(from);
}

const shortestId = 4;
const shortestNumber = 5;

function mayBeId(id: string, { kind, whole }: Rules): boolean {
  if (id === whole) return false;
  if (/^\d+$/.test(id)) return kind === "name" && id.length >= shortestNumber;
  return id.length >= shortestId && /[\d._@-]/.test(id);
}

/** The rules of `maskText`, for an engine in another language: JavaScript patterns, word lists and limits. */
export const maskRules = {
  marker: maskMarker,
  logIn: logIn.source,
  eMail: eMail.source,
  urlLike: urlLike.source,
  delimiters: delimiters.source,
  cleverForm: cleverForm.source,
  personFolders: [...personFolders],
  personKeys: [...personKeys],
  deepestEncoding: maxDecodingDepth,
  shortestInUrl,
  mostPieces,
  shortestId,
  shortestNumber,
} as const;
