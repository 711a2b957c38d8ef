/*
 * What Debian's libspandsp and libavcodec take for a sample: codec-bench NAME prints the least nanoseconds a sample
 * of ten slices of 20 ms, for each library that has the codec. NAME is g726-RATE-encode|decode or g722-64-encode|decode.
 * Samples are the codec's clock of 8 kHz in G.726 and octets of 8 kHz in G.722.
 */
#include <libavcodec/avcodec.h>
#include <spandsp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { samples = 160, frames = 100 };
static int16_t sound[2 * samples * frames];
static int16_t heard[1 << 16];
static uint8_t codes[samples * frames];
static uint8_t coded[1 << 16];

static double cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e9 * now.tv_sec + now.tv_nsec;
}

/* One pass over all frames, by spandsp. */
static void by_spandsp(void *state, int wide, int encode) {
  for (int frame = 0; frame < frames; frame++) {
    if (wide && encode) g722_encode(state, coded, sound + frame * 2 * samples, 2 * samples);
    else if (wide) g722_decode(state, heard, codes + frame * samples, samples);
    else if (encode) g726_encode(state, coded, sound + frame * samples, samples);
    else g726_decode(state, heard, codes + frame * samples, samples);
  }
}

struct av {
  AVCodecContext *context;
  AVFrame *frame;
  AVPacket *packet;
};

/* One frame or packet, as large as 20 ms of the codec's clock. */
static void by_avcodec(struct av *av, int encode) {
  if (encode) {
    avcodec_send_frame(av->context, av->frame);
    while (avcodec_receive_packet(av->context, av->packet) == 0) av_packet_unref(av->packet);
  } else {
    avcodec_send_packet(av->context, av->packet);
    while (avcodec_receive_frame(av->context, av->frame) == 0) av_frame_unref(av->frame);
  }
}

static int open_avcodec(struct av *av, int wide, int encode, int rate) {
  enum AVCodecID id = wide ? AV_CODEC_ID_ADPCM_G722 : AV_CODEC_ID_ADPCM_G726;
  const AVCodec *codec = encode ? avcodec_find_encoder(id) : avcodec_find_decoder(id);
  if (codec == NULL) return 0;
  av->context = avcodec_alloc_context3(codec);
  av->context->sample_rate = wide ? 16000 : 8000;
  av->context->bit_rate = 1000 * rate;
  av->context->bits_per_coded_sample = wide ? 8 : rate / 8;
  av->context->sample_fmt = AV_SAMPLE_FMT_S16;
  av->context->time_base = (AVRational){1, av->context->sample_rate};
  av->context->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
  av_channel_layout_default(&av->context->ch_layout, 1);
  if (encode) av->context->frame_size = wide ? 2 * samples : samples;
  if (avcodec_open2(av->context, codec, NULL) < 0) return 0;
  av->frame = av_frame_alloc();
  av->packet = av_packet_alloc();
  if (encode) {
    av->frame->nb_samples = av->context->frame_size;
    av->frame->format = AV_SAMPLE_FMT_S16;
    av_channel_layout_default(&av->frame->ch_layout, 1);
    if (av_frame_get_buffer(av->frame, 0) < 0) return 0;
    memcpy(av->frame->data[0], sound, 2 * av->frame->nb_samples);
  } else {
    av_new_packet(av->packet, wide ? samples : samples * rate / 64);
    memcpy(av->packet->data, codes, av->packet->size);
  }
  return 1;
}

int main(int argc, char **argv) {
  int wide, rate;
  char way[16];
  if (argc < 2 || sscanf(argv[1], "g7%d-%d-%15s", &wide, &rate, way) != 3) return 2;
  wide = wide == 22;
  int encode = strcmp(way, "encode") == 0;
  av_log_set_level(AV_LOG_QUIET);
  if (fread(sound, 1, sizeof sound, stdin) != sizeof sound) return 2;
  for (size_t i = 0; i < sizeof codes; i++) codes[i] = rand() & (wide ? 255 : (1 << rate / 8) - 1);
  void *state;
  if (wide) state = encode ? (void *)g722_encode_init(NULL, 64000, 0) : (void *)g722_decode_init(NULL, 64000, 0);
  else state = g726_init(NULL, 1000 * rate, G726_ENCODING_LINEAR, G726_PACKING_NONE);
  struct av av;
  int have = open_avcodec(&av, wide, encode, rate);
  double spandsp_best = 1e9, avcodec_best = 1e9;
  for (int slice = 0; slice < 10; slice++) {
    double begun = cpu_ns();
    by_spandsp(state, wide, encode);
    double took = (cpu_ns() - begun) / (samples * frames);
    if (took < spandsp_best) spandsp_best = took;
    if (!have) continue;
    double each = encode ? av.frame->nb_samples / (wide ? 2.0 : 1.0) : samples;
    begun = cpu_ns();
    for (int frame = 0; frame < frames; frame++) by_avcodec(&av, encode);
    took = (cpu_ns() - begun) / (each * frames);
    if (took < avcodec_best) avcodec_best = took;
  }
  printf("{\"spandsp\":%.3f,\"avcodec\":%s%.3f%s}\n", spandsp_best, have ? "" : "\"", avcodec_best, have ? "" : "\"");
  return 0;
}
