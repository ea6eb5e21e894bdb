/** The newest weeks that count are judged; before them, these many at most are compared with. */
export const weeksJudged = 2;
export const weeksCompared = 12;
/** A week needs so many of its days of school known, as a share. */
export const leastKnown = 0.6;
