/** How many names are suggested for a misspelt one. */
const maximumSuggestions = 3;

/** The names most similar to an unknown one, nearest first; none if none is similar. */
export function nearestNames(name: string, names: Iterable<string>): string[] {
  const requested = name.trim().toLowerCase();
  const scored = [...new Set(names)].map((candidate) => ({
    candidate,
    score: dissimilarity(requested, candidate.toLowerCase()),
  }));
  return scored
    .filter(({ score }) => score <= 0.4)
    .sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, maximumSuggestions)
    .map(({ candidate }) => candidate);
}

/** 0 for the same text, 1 for an entirely different one; a text that contains the other counts as similar. */
function dissimilarity(a: string, b: string): number {
  if (a === "" || b === "") return 1;
  const share = editDistance(a, b) / Math.max(a.length, b.length);
  return a.includes(b) || b.includes(a) ? Math.min(share, 0.4) : share;
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
