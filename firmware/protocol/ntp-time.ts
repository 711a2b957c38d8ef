/** NTP timestamps as RTP uses them (RFC 3550 section 4): to say when a report was sent, and to measure round trips. */

/** 64-bit NTP timestamp in two halves. */
export interface NtpTime {
  readonly seconds: number;
  /** Units of 2^-32 s. */
  readonly fraction: number;
}

/** Bits 16..47 of an NTP timestamp, as LSR carries them (section 6.4.1). */
export function ntpMiddle(ntp: NtpTime): number {
  return (((ntp.seconds & 0xffff) << 16) | (ntp.fraction >>> 16)) >>> 0;
}

/** 1900-01-01 to 1970-01-01, ms (RFC 868). */
const ntpEpochMs = 2_208_988_800_000;

export function ntpOfWallMs(wallMs: number): NtpTime {
  const sinceEpochMs = wallMs + ntpEpochMs;
  const seconds = Math.floor(sinceEpochMs / 1000);
  const fraction = Math.floor(((sinceEpochMs - seconds * 1000) / 1000) * 2 ** 32);
  return { seconds: seconds % 2 ** 32, fraction };
}

/**
 * Section 6.4.1: A - LSR - DLSR, A being now in the same form. Null when the far side has heard no sender report of ours,
 * or when the answer is negative or above a minute: then one of the three is wrong.
 */
export function roundTripMs(nowMiddle: number, lastSenderReport: number, delaySinceLast: number): number | null {
  if (lastSenderReport === 0) return null;
  const difference = (nowMiddle - lastSenderReport - delaySinceLast) | 0;
  if (difference < 0 || difference > 60 * 65_536) return null;
  return (difference / 65_536) * 1000;
}
