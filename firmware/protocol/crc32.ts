/** CRC-32 of ISO 3309 and ITU-T V.42 section 8.1.1.6.2 (polynomial 0x04C11DB7, reflected), over a text of ASCII. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value;
});

/** 0..2^32-1. Of a character above 0xFF only the low eight bits count. */
export function crc32(text: string): number {
  let value = 0xffff_ffff;
  for (let index = 0; index < text.length; index += 1) {
    value = (table[(value ^ text.charCodeAt(index)) & 0xff] ?? 0) ^ (value >>> 8);
  }
  return (value ^ 0xffff_ffff) >>> 0;
}
