/*
 * Opinions of Debian's libspandsp on G.726 and G.722: standard input through one codec to standard output.
 *   adpcm g726 encode|decode BITS linear|ulaw|alaw     codes are one a byte, samples 16 bits
 *   adpcm g722 encode|decode KBITPS                    codes are one a byte in the low bits, samples 16 bits at 16 kHz
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spandsp.h>

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  size_t capacity = 1 << 24;
  uint8_t *in = malloc(capacity);
  uint8_t *out = malloc(4 * capacity);
  size_t bytes = fread(in, 1, capacity, stdin);
  int encode = strcmp(argv[2], "encode") == 0;
  int number = atoi(argv[3]);
  size_t written = 0;
  if (strcmp(argv[1], "g726") == 0 && argc > 4) {
    int law = strcmp(argv[4], "ulaw") == 0   ? G726_ENCODING_ULAW
              : strcmp(argv[4], "alaw") == 0 ? G726_ENCODING_ALAW
                                             : G726_ENCODING_LINEAR;
    int wide = law == G726_ENCODING_LINEAR ? 2 : 1;
    g726_state_t *state = g726_init(NULL, 8000 * number, law, G726_PACKING_NONE);
    if (encode) written = g726_encode(state, out, (int16_t *)in, bytes / wide);
    else written = (size_t)g726_decode(state, (int16_t *)out, in, bytes) * wide;
  } else {
    int rate = 1000 * number;
    if (encode) written = g722_encode(g722_encode_init(NULL, rate, 0), out, (int16_t *)in, bytes / 2);
    else written = 2 * (size_t)g722_decode(g722_decode_init(NULL, rate, 0), (int16_t *)out, in, bytes);
  }
  return fwrite(out, 1, written, stdout) == written ? 0 : 1;
}
