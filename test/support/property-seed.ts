import fc from "fast-check";

/**
 * What properties are tried with. SEED=… replays a run; CI tries the same cases each time, so that a landing does not
 * depend on the dice; everybody else's runs are new ones, and a failing test prints its seed.
 */
const ciSeed = 20_261_122;
const { SEED, CI } = process.env;
if (SEED !== undefined) fc.configureGlobal({ seed: Number(SEED) });
else if (CI !== undefined) fc.configureGlobal({ seed: ciSeed });
