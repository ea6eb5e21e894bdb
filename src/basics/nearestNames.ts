/** How many names are suggested for a misspelt one. */
const maximumSuggestions = 3;
/** The highest dissimilarity of a name that is suggested. */
const similar = 0.4;

/** The names most similar to an unknown one, nearest first; none if none is similar. */
export function nearestNames(name: string, names: Iterable<string>): string[] {
  const requested = name.trim().toLowerCase();
  const scored = [...new Set(names)].map((candidate) => ({
    candidate,
    score: dissimilarity(requested, candidate.toLowerCase()),
  }));
  return scored
    .filter(({ score }) => score <= similar)
    .sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, maximumSuggestions)
    .map(({ candidate }) => candidate);
}

/**
 * 0 for the same text, 1 for an entirely different one. A text that contains the other counts as similar, and so does,
 * after these, a name that begins like the requested one.
 */
function dissimilarity(requested: string, name: string): number {
  if (requested === "" || name === "") return 1;
  const share = shareOfEdits(requested, name);
  if (requested.includes(name) || name.includes(requested)) return Math.min(share, 0.9 * similar);
  if (share <= similar) return share;
  const beginning = name.split(" ").slice(0, requested.split(" ").length).join(" ");
  return shareOfEdits(requested, beginning) <= similar ? similar : share;
}

function shareOfEdits(a: string, b: string): number {
  return editDistance(a, b) / Math.max(a.length, b.length);
}

/** Levenshtein distance: characters to add, remove or change. */
function editDistance(a: string, b: string): number {
  const others = [...b];
  let before = [0, ...others.map((_, column) => column + 1)];
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, other] of others.entries()) {
      const change = (before[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(change, (before[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    before = current;
  }
  return before.at(-1) ?? 0;
}
