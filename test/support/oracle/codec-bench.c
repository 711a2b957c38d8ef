/*
 * What Debian's libspandsp and libavcodec take for a sample: codec-bench CODEC VARIANT WAY prints the least nanoseconds a
 * sample of ten slices of two seconds, null for a library that has not got it.
 *   g711 ulaw|alaw encode|decode|transcode     g726 16|24|32|40 encode|decode     g722 64 encode|decode     dtmf - detect
 * Sound comes by standard input. Samples are of 8 kHz, in G.722 octets.
 */
#include <libavcodec/avcodec.h>
#include <spandsp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { samples = 160, frames = 100, slices = 10 };
static int16_t sound[2 * samples * frames];
static int16_t heard[1 << 16];
static uint8_t codes[samples * frames];
static uint8_t coded[1 << 16];

enum codec { g711, g726, g722, dtmf };
static enum codec codec;
static int encodes, transcodes, is_alaw, rate;
static void *state;

static double cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e9 * now.tv_sec + now.tv_nsec;
}

static void open_spandsp(void) {
  if (codec == g711) state = g711_init(NULL, is_alaw ? G711_ALAW : G711_ULAW);
  if (codec == g726) state = g726_init(NULL, 1000 * rate, G726_ENCODING_LINEAR, G726_PACKING_NONE);
  if (codec == g722) state = encodes ? (void *)g722_encode_init(NULL, 64000, 0) : (void *)g722_decode_init(NULL, 64000, 0);
  if (codec == dtmf) state = dtmf_rx_init(NULL, NULL, NULL);
}

static void by_spandsp(int frame) {
  const int16_t *amp = sound + frame * samples;
  const uint8_t *code = codes + frame * samples;
  if (codec == dtmf) dtmf_rx(state, amp, samples);
  else if (codec == g722 && encodes) g722_encode(state, coded, sound + 2 * frame * samples, 2 * samples);
  else if (codec == g722) g722_decode(state, heard, code, samples);
  else if (codec == g726 && encodes) g726_encode(state, coded, amp, samples);
  else if (codec == g726) g726_decode(state, heard, code, samples);
  else if (transcodes) g711_transcode(state, coded, code, samples);
  else if (encodes) g711_encode(state, coded, amp, samples);
  else g711_decode(state, heard, code, samples);
}

static AVCodecContext *context;
static AVFrame *av_sound;
static AVPacket *av_code;

static enum AVCodecID av_codec_id(void) {
  if (codec == g722) return AV_CODEC_ID_ADPCM_G722;
  if (codec == g726) return AV_CODEC_ID_ADPCM_G726;
  return is_alaw ? AV_CODEC_ID_PCM_ALAW : AV_CODEC_ID_PCM_MULAW;
}

/* One frame or packet, as large as 20 ms of the codec's clock. */
static int open_avcodec(void) {
  if (codec == dtmf || transcodes) return 0;
  const AVCodec *found = encodes ? avcodec_find_encoder(av_codec_id()) : avcodec_find_decoder(av_codec_id());
  if (found == NULL) return 0;
  int wide = codec == g722 ? 2 : 1;
  context = avcodec_alloc_context3(found);
  context->sample_rate = 8000 * wide;
  context->bit_rate = codec == g711 ? 64000 : 1000 * rate;
  context->bits_per_coded_sample = codec == g726 ? rate / 8 : 8;
  context->sample_fmt = AV_SAMPLE_FMT_S16;
  context->time_base = (AVRational){1, context->sample_rate};
  context->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
  av_channel_layout_default(&context->ch_layout, 1);
  if (encodes) context->frame_size = wide * samples;
  if (avcodec_open2(context, found, NULL) < 0) return 0;
  av_sound = av_frame_alloc();
  av_code = av_packet_alloc();
  if (encodes) {
    av_sound->nb_samples = codec == g711 ? samples : context->frame_size;
    av_sound->format = AV_SAMPLE_FMT_S16;
    av_channel_layout_default(&av_sound->ch_layout, 1);
    if (av_frame_get_buffer(av_sound, 0) < 0) return 0;
  } else {
    av_new_packet(av_code, codec == g726 ? samples * rate / 64 : samples);
  }
  return 1;
}

/* Every frame another one: of what comes again and again a processor learns the branches. */
static void by_avcodec(int frame) {
  if (encodes) {
    int count = av_sound->nb_samples;
    memcpy(av_sound->data[0], sound + frame * count % (2 * samples * frames - count), 2 * count);
    avcodec_send_frame(context, av_sound);
    while (avcodec_receive_packet(context, av_code) == 0) av_packet_unref(av_code);
  } else {
    memcpy(av_code->data, codes + frame * samples, av_code->size);
    avcodec_send_packet(context, av_code);
    while (avcodec_receive_frame(context, av_sound) == 0) av_frame_unref(av_sound);
  }
}

static double least_ns(void (*run)(int), double samples_each) {
  double least = 1e9;
  for (int slice = 0; slice < slices; slice++) {
    double begun = cpu_ns();
    for (int frame = 0; frame < frames; frame++) run(frame);
    double took = (cpu_ns() - begun) / (samples_each * frames);
    if (took < least) least = took;
  }
  return least;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  codec = strcmp(argv[1], "g711") == 0 ? g711 : strcmp(argv[1], "g726") == 0 ? g726 : strcmp(argv[1], "g722") == 0 ? g722 : dtmf;
  is_alaw = strcmp(argv[2], "alaw") == 0;
  rate = atoi(argv[2]);
  encodes = strcmp(argv[3], "encode") == 0;
  transcodes = strcmp(argv[3], "transcode") == 0;
  av_log_set_level(AV_LOG_QUIET);
  if (fread(sound, 1, sizeof sound, stdin) != sizeof sound) return 2;
  for (size_t i = 0; i < sizeof codes; i++) codes[i] = rand() & (codec == g726 ? (1 << rate / 8) - 1 : 255);
  open_spandsp();
  int have = open_avcodec();
  double av_samples = !have || !encodes ? samples : av_sound->nb_samples / (codec == g722 ? 2.0 : 1.0);
  printf("{\"spandsp\":%.3f,\"avcodec\":", least_ns(by_spandsp, samples));
  if (have) printf("%.3f}\n", least_ns(by_avcodec, av_samples));
  else printf("null}\n");
  return 0;
}
