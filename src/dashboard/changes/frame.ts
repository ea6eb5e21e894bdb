/** The newest weeks that count are judged; they are compared with at most this many weeks before them. */
export const weeksJudged = 2;
export const weeksCompared = 12;
/** The share of a week's school days that must be known. */
export const leastKnown = 0.6;
