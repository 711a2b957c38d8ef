// What it does: a conference bridge: each member hears all others and not himself. 3 members or 64, any number works.
// How: everything is added in 32 bits, where 64 members cannot overflow; each one's own samples are taken off again and
//   the rest is saturated. Eight samples of all members at a time, so the sum stays in two registers.
// How to use it: operation(jobs, count, samples), samples a multiple of 8; a job is one conference. argument is the
//   number of members, up to mixerMembersMax (more are not heard and hear nothing); source and destination are tables
//   of u32, the offsets of each member's i16 frame. A member's destination may be his own source. No state.

import { jobBytes } from "./memory-map";

export const mixerMembersMax: i32 = 64;

export function conferenceMix(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const sources = load<u32>(job, 4) as usize;
    const destinations = load<u32>(job, 8) as usize;
    const tableBytes = (<usize>min<u32>(load<u32>(job, 12), <u32>mixerMembersMax)) << 2;
    for (let at: usize = 0; at < <usize>(samples << 1); at += 16) mixEight(sources, destinations, tableBytes, at);
  }
}

// @ts-ignore: decorator
@inline
function mixEight(sources: usize, destinations: usize, tableBytes: usize, at: usize): void {
  let low = i32x4.splat(0);
  let high = i32x4.splat(0);
  for (let member: usize = 0; member < tableBytes; member += 4) {
    const own = v128.load((load<u32>(sources + member) as usize) + at);
    low = i32x4.add(low, i32x4.extend_low_i16x8_s(own));
    high = i32x4.add(high, i32x4.extend_high_i16x8_s(own));
  }
  for (let member: usize = 0; member < tableBytes; member += 4) {
    const own = v128.load((load<u32>(sources + member) as usize) + at);
    const others = i16x8.narrow_i32x4_s(
      i32x4.sub(low, i32x4.extend_low_i16x8_s(own)),
      i32x4.sub(high, i32x4.extend_high_i16x8_s(own)),
    );
    v128.store((load<u32>(destinations + member) as usize) + at, others);
  }
}
