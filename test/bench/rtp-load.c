/*
 * RTP through a gateway and how long each packet took in it. Legs 2n and 2n+1 are the two far sides of one call: what is
 * sent to the gateway's port of one comes out at the other.
 *
 *   rtp-load ADDRESS FIRST-PORT GATEWAY LEGS < "port of leg 0\nport of leg 1\n..." and then a line "lap" as often as wanted
 *
 * It goes before ordinary programs where it may, and does not make up for what it could not send in time: a late load is no
 * burst. Each leg sends 172 bytes every 20 ms, the legs spread over them. A packet carries the time it was sent at; the kernel's
 * own time of its arrival (SO_TIMESTAMPNS) is held against it, so that this program's waits are not counted. Each lap
 * prints {"sent":…,"received":…,"p50Us":…,"p99Us":…,"maxUs":…} of what came since the one before.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { legsMax = 4096, bytes = 172, steps = 20, bucketsMax = 200001 };

static int sockets[legsMax];
static struct sockaddr_in gateway[legsMax];
static uint32_t buckets[bucketsMax];
static long sent, received, maxUs;

static int64_t nowNs(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void sendFrom(int leg, uint32_t number) {
  uint8_t packet[bytes];
  uint32_t fields[3] = {htonl(0x80080000u | (number & 0xffff)), htonl(number * 160), htonl(leg + 1)};
  memset(packet, 0xd5, bytes);
  memcpy(packet, fields, sizeof fields);
  int64_t at = nowNs(CLOCK_REALTIME);
  memcpy(packet + 12, &at, sizeof at);
  if (sendto(sockets[leg], packet, bytes, 0, (struct sockaddr *)&gateway[leg], sizeof gateway[leg]) == bytes) sent++;
}

static void receiveAt(int leg) {
  for (;;) {
    uint8_t packet[2048];
    char control[256];
    struct iovec room = {packet, sizeof packet};
    struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(sockets[leg], &message, 0) < bytes) return;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
      if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_TIMESTAMPNS) continue;
      struct timespec came;
      int64_t at;
      memcpy(&came, CMSG_DATA(head), sizeof came);
      memcpy(&at, packet + 12, sizeof at);
      long us = (came.tv_sec * 1000000000LL + came.tv_nsec - at) / 1000;
      if (us < 0) us = 0;
      if (us > maxUs) maxUs = us;
      buckets[us < bucketsMax ? us : bucketsMax - 1]++;
      received++;
    }
  }
}

static long share(double part) {
  long seen = 0, wanted = received * part;
  for (long us = 0; us < bucketsMax; us++)
    if ((seen += buckets[us]) > wanted) return us;
  return 0;
}

static void lap(void) {
  printf("{\"sent\":%ld,\"received\":%ld,\"p50Us\":%ld,\"p99Us\":%ld,\"maxUs\":%ld}\n", sent, received, share(0.5),
         share(0.99), maxUs);
  fflush(stdout);
  memset(buckets, 0, sizeof buckets);
  sent = received = maxUs = 0;
}

static void openLeg(int leg, const char *address, int port, const char *gatewayAddress, int gatewayPort) {
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
  int yes = 1;
  inet_pton(AF_INET, address, &own.sin_addr);
  sockets[leg] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (sockets[leg] < 0 || bind(sockets[leg], (struct sockaddr *)&own, sizeof own) < 0) fail("bind");
  if (setsockopt(sockets[leg], SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) < 0) fail("SO_TIMESTAMPNS");
  gateway[leg].sin_family = AF_INET;
  gateway[leg].sin_port = htons(gatewayPort);
  inet_pton(AF_INET, gatewayAddress, &gateway[leg].sin_addr);
}

int main(int count, char **words) {
  if (count != 5) return 2;
  int legs = atoi(words[4]);
  if (legs < 1 || legs > legsMax) return 2;
  char line[64];
  for (int leg = 0; leg < legs; leg++) {
    if (!fgets(line, sizeof line, stdin)) return 2;
    openLeg(leg, words[1], atoi(words[2]) + 2 * leg, words[3], atoi(line));
  }
  fcntl(0, F_SETFL, O_NONBLOCK);
  struct sched_param first = {.sched_priority = 1};
  sched_setscheduler(0, SCHED_RR, &first);
  int64_t next = nowNs(CLOCK_MONOTONIC);
  for (uint32_t step = 0;; step++) {
    for (int leg = step % steps; leg < legs; leg += steps) sendFrom(leg, step / steps);
    for (int leg = 0; leg < legs; leg++) if (leg % steps == (int)((step + 10) % steps)) receiveAt(leg);
    ssize_t told = read(0, line, sizeof line);
    if (told == 0) return 0;
    if (told > 0) {
      for (int leg = 0; leg < legs; leg++) receiveAt(leg);
      lap();
    }
    next += 20000000 / steps;
    if (nowNs(CLOCK_MONOTONIC) - next > 5000000) next = nowNs(CLOCK_MONOTONIC);
    struct timespec until = {next / 1000000000, next % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) continue;
  }
}
