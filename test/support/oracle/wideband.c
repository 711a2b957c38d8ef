/*
 * Opinion of Debian's libavcodec on G.722: standard input through one codec to standard output.
 *   wideband encode|decode KBITPS     codes are one a byte, the bits of the rate at the left; samples 16 bits at 16 kHz
 */
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { octets_each = 160 };

static AVCodecContext *open_codec(int encodes, int rate) {
  const AVCodec *codec =
      encodes ? avcodec_find_encoder(AV_CODEC_ID_ADPCM_G722) : avcodec_find_decoder(AV_CODEC_ID_ADPCM_G722);
  if (codec == NULL) return NULL;
  AVCodecContext *context = avcodec_alloc_context3(codec);
  context->sample_rate = 16000;
  context->bit_rate = 64000;
  context->sample_fmt = AV_SAMPLE_FMT_S16;
  context->time_base = (AVRational){1, 16000};
  if (encodes) context->frame_size = 2 * octets_each;
  else av_opt_set_int(context->priv_data, "bits_per_codeword", rate / 8, 0);
  av_channel_layout_default(&context->ch_layout, 1);
  return avcodec_open2(context, codec, NULL) < 0 ? NULL : context;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int encodes = strcmp(argv[1], "encode") == 0;
  av_log_set_level(AV_LOG_QUIET);
  AVCodecContext *context = open_codec(encodes, atoi(argv[2]));
  if (context == NULL) return 2;
  AVFrame *frame = av_frame_alloc();
  AVPacket *packet = av_packet_alloc();
  if (encodes) {
    frame->nb_samples = 2 * octets_each;
    frame->format = AV_SAMPLE_FMT_S16;
    av_channel_layout_default(&frame->ch_layout, 1);
    if (av_frame_get_buffer(frame, 0) < 0) return 2;
    while (av_frame_make_writable(frame) == 0 && fread(frame->data[0], 4, octets_each, stdin) == octets_each) {
      avcodec_send_frame(context, frame);
      while (avcodec_receive_packet(context, packet) == 0) {
        fwrite(packet->data, 1, packet->size, stdout);
        av_packet_unref(packet);
      }
    }
    return 0;
  }
  uint8_t codes[octets_each];
  while (fread(codes, 1, octets_each, stdin) == octets_each) {
    av_new_packet(packet, octets_each);
    memcpy(packet->data, codes, octets_each);
    avcodec_send_packet(context, packet);
    av_packet_unref(packet);
    while (avcodec_receive_frame(context, frame) == 0) {
      fwrite(frame->data[0], 2, frame->nb_samples, stdout);
      av_frame_unref(frame);
    }
  }
  return 0;
}
