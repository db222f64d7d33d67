export const one = 1; // one one one one one one one one one one one one one one one
